/** How the page script of Socket.IO 0.x is served, and what is not loaded without it; the numbers are the rows of docs/legacy.md. */
import { gunzipSync, gzipSync } from "node:zlib";
import expect from "expect.js";
import { onTestEnd } from "../support/cleanup";
import { ask } from "../support/http";
import { startLegacy } from "../support/legacy";
import { ownSuite } from "../support/own-tests";
import { runNode } from "../support/repository";
import { startServer } from "../support/server";

const FILE = "socket.io.legacy.min.js";

ownSuite("the page script of Socket.IO 0.x", () => {
  it("is served below the resource, compressed and with an ETag, with at most 18 kB [L11, L15]", async () => {
    for (const resource of ["socket.io", "live/chat"]) {
      const { port } = await startLegacy({ resource });
      const url = `http://localhost:${port}/${resource}/${FILE}`;
      const plain = await ask(url);
      expect(plain.status).to.be(200);
      expect(plain.headers["content-type"]).to.be("application/javascript; charset=utf-8");
      expect(plain.text).to.match(/^\/\* Socket\.IO v\d/);
      const zipped = await ask(`${url}?v=1`, { headers: { "accept-encoding": "gzip" } });
      expect(zipped.headers["content-encoding"]).to.be("gzip");
      expect(gunzipSync(zipped.bytes).equals(plain.bytes)).to.be(true);
      expect(gzipSync(plain.bytes, { level: 9 }).length).to.be.below(18_000);
      const again = await ask(url, { headers: { "if-none-match": plain.headers.etag } });
      expect([again.status, again.text]).to.eql([304, ""]);
      const head = await ask(url, { method: "HEAD" });
      expect([head.status, head.text]).to.eql([200, ""]);
    }
  });

  it("is served for GET and HEAD requests only: the engine refuses others", async () => {
    const { port } = await startLegacy();
    for (const method of ["POST", "DELETE", "PUT"]) {
      const answer = await ask(`http://localhost:${port}/socket.io/${FILE}`, { method });
      expect([method, answer.status]).to.eql([method, 400]);
      expect(JSON.parse(answer.text).message).to.be("Transport unknown");
    }
  });

  it("is served only where a Listener is attached that serves client files", async () => {
    const { url } = await startServer();
    expect((await ask(`${url}/socket.io/${FILE}`)).status).to.be(400);
    const { port } = await startLegacy({ io: { serveClient: false } });
    expect((await ask(`http://localhost:${port}/socket.io/${FILE}`)).status).to.be(400);
  });

  it("is served beside the bundles of today's client [L65]", async () => {
    const { port } = await startLegacy();
    const today = await ask(`http://localhost:${port}/socket.io/socket.io.min.js`);
    expect(today.status).to.be(200);
    expect(today.text).to.contain("Socket.IO v");
  });
});

ownSuite("the transport server-events of Socket.IO 0.x", () => {
  it("is a stream of server-sent events [L6]", async () => {
    const { port } = await startLegacy();
    const cancel = new AbortController();
    onTestEnd(() => cancel.abort());
    const { signal } = cancel;
    const response = await fetch(`http://localhost:${port}/socket.io/?EIO=4&transport=sse`, { signal });
    expect(response.headers.get("content-type")).to.be("text/event-stream");
    const reader = response.body!.getReader();
    expect(Buffer.from((await reader.read()).value!).toString()).to.match(/^data: ?.*"sid"/);
  });

  it("is refused if the program does not list it [L45]", async () => {
    const { port, lines } = await startLegacy({ transports: ["websocket", "xhr-polling"] });
    const answer = await ask(`http://localhost:${port}/socket.io/?EIO=4&transport=sse`);
    expect(answer.status).to.be(400);
    expect(lines.at(-1)).to.be('Illegal transport "sse"');
  });
});

ownSuite("a program that does not use Socket.IO 0.x", () => {
  it("loads nothing of it, nor of the transport over server-sent events", async () => {
    const { stdout, stderr } = await runNode([
      "--import",
      "tsx",
      "--input-type=commonjs",
      "-e",
      `const { Server } = require("./lib");
       const io = new Server(require("node:http").createServer(), {});
       console.log(JSON.stringify(Object.keys(require.cache).filter((file) => /lib.legacy|connection.sse|server-sent-events|socket\\.io-client/.test(file))));`,
    ]);
    expect({ stdout, stderr }).to.eql({ stdout: "[]\n", stderr: "" });
  });
});
