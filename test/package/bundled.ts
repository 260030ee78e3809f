import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import expect from "expect.js";
import { onTestEnd } from "../support/cleanup";
import { ask, askHandshake, openOf } from "../support/http";
import { root } from "../support/repository";
import { eventually, nextEvent } from "../support/waiting";

const esbuild = require("esbuild");

const PROGRAM = `
const { Server } = require(${JSON.stringify(join(root, "dist/index.js"))});
const io = new Server(0);
io.httpServer.on("listening", () => console.log(io.httpServer.address().port));
`;

describe("a server that a bundler has put into one file", () => {
  it("serves connections, answers 404 for the browser client, and warns once how to serve it [11]", async () => {
    const folder = mkdtempSync(join(tmpdir(), "bundled-"));
    onTestEnd(() => rmSync(folder, { recursive: true }));
    const [entry, outfile] = [join(folder, "program.js"), join(folder, "bundle.js")];
    writeFileSync(entry, PROGRAM);
    await esbuild.build({ entryPoints: [entry], outfile, bundle: true, platform: "node", logLevel: "error" });
    const child = spawn(process.execPath, [outfile], { cwd: folder });
    onTestEnd(() => child.kill());
    let [out, errors] = ["", ""];
    child.stdout.on("data", (chunk) => {
      out += chunk;
    });
    child.stderr.on("data", (chunk) => {
      errors += chunk;
    });
    await eventually(() => out.includes("\n"));
    const url = `http://localhost:${Number(out)}`;
    for (const method of ["GET", "HEAD", "GET"]) {
      const { status, headers } = await ask(`${url}/socket.io/socket.io.js`, { method });
      expect([status, headers.etag, headers["content-type"]]).to.eql([404, undefined, undefined]);
    }
    openOf(await askHandshake(url));
    const ended = nextEvent(child, "close");
    child.kill();
    await ended;
    expect(errors.match(/SOCKET_IO_CLIENT_FILES/g)).to.have.length(1);
    expect(errors).to.contain("client-dist");
  });
});
