/** The packed package, installed with its dependencies only, and loaded with require() and import. */

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { manifest, type Packed, pack, removeDirectory } from "../support/published";
import { root, runNode } from "../support/repository";

import expect = require("expect.js");

/** Installs the peer dependencies, which applications of some entry points need. */
function symlinkPeers(application: string): void {
  for (const name of Object.keys(manifest.peerDependencies)) {
    const link = join(application, "node_modules", name);
    if (!existsSync(link)) {
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(join(root, "node_modules", name), link, "junction");
    }
  }
}

describe("the installed package", () => {
  let packed: Packed;
  let application: string;

  before(async () => {
    packed = await pack();
    application = packed.directory;
    const modules = join(application, "node_modules");
    mkdirSync(modules);
    for (const name of Object.keys(manifest.dependencies)) {
      symlinkSync(join(root, "node_modules", name), join(modules, name), "junction");
    }
    execFileSync("tar", ["-xzf", packed.tarball], { cwd: application });
    renameSync(join(application, "package"), join(modules, "socket.io"));
  });

  after(() => packed && removeDirectory(packed.directory));

  /** Runs a small program in the application's directory, and resolves with its report. */
  async function report(file: string, program: string): Promise<any> {
    writeFileSync(join(application, file), program);
    const { code, stdout, stderr } = await runNode([file], application);
    if (code !== 0) {
      throw new Error(stderr);
    }
    return JSON.parse(stdout);
  }

  it("is a function that creates a server, with the classes as properties, for require() [1]", async () => {
    const seen = await report(
      "door.cjs",
      `const io = require("socket.io");
       const { createServer } = require("node:http");
       const made = io(createServer(), { path: "/made" });
       console.log(JSON.stringify({
         type: typeof io,
         classes: [io.Namespace, io.Server, io.Socket].map((one) => one.name),
         isServer: made instanceof io.Server,
         path: made.path(),
         isNamespace: made.of("/") instanceof io.Namespace,
       }));
       made.close();`,
    );
    expect(seen).to.eql({
      type: "function",
      classes: ["Namespace", "Server", "Socket"],
      isServer: true,
      path: "/made",
      isNamespace: true,
    });
  });

  it("has the same classes as named exports, and no default export, for import [1]", async () => {
    const seen = await report(
      "door.mjs",
      `import * as door from "socket.io";
       import { Namespace, Server, Socket } from "socket.io";
       import { createRequire } from "node:module";
       const io = createRequire(import.meta.url)("socket.io");
       console.log(JSON.stringify({
         named: [Namespace === io.Namespace, Server === io.Server, Socket === io.Socket],
         others: Object.keys(door).filter((name) => door[name] !== io[name]),
         missing: Object.keys(io).filter((name) => !(name in door)),
         hasDefault: "default" in door,
       }));`,
    );
    expect(seen).to.eql({ named: [true, true, true], others: [], missing: [], hasDefault: false });
  });

  it("serves the browser bundles of the package, with its version as ETag [11, 12]", async () => {
    const seen = await report(
      "serve.mjs",
      `import { createServer } from "node:http";
       import { Server } from "socket.io";
       const httpServer = createServer();
       const io = new Server(httpServer);
       httpServer.listen(0, async () => {
         const url = "http://localhost:" + httpServer.address().port + "/socket.io/socket.io.min.js";
         const response = await fetch(url, { headers: { connection: "close" } });
         const text = await response.text();
         console.log(JSON.stringify({
           status: response.status,
           etag: response.headers.get("etag"),
           isClient: text.includes("Socket.IO v"),
         }));
         io.close();
       });`,
    );
    expect(seen).to.eql({ status: 200, etag: `"${manifest.version}"`, isClient: true });
  });

  it("runs a program of Socket.IO 0.x, without socket.io-client on the server", async () => {
    const seen = await report(
      "old.cjs",
      `const io = require("socket.io/legacy");
       const { createServer } = require("node:http");
       const server = createServer();
       const listener = io.listen(server, { log: false });
       server.listen(0, async () => {
         const url = "http://localhost:" + server.address().port + "/socket.io/socket.io.legacy.min.js";
         const response = await fetch(url, { headers: { connection: "close" } });
         console.log(JSON.stringify({ status: response.status, hasScript: (await response.text()).length > 10_000 }));
         listener.close();
       });`,
    );
    expect(seen).to.eql({ status: 200, hasScript: true });
  });

  it("says that a test server needs socket.io-client for its clients", async () => {
    const seen = await report(
      "testing.mjs",
      `import { createTestServer } from "socket.io/testing";
       const { connect, request, close } = createTestServer();
       const { status } = await request("/socket.io/?EIO=4&transport=polling");
       const code = await connect().catch((error) => error.code);
       await close();
       console.log(JSON.stringify({ status, code }));`,
    );
    expect(seen).to.eql({ status: 200, code: "CLIENT_NOT_INSTALLED" });
  });

  for (const [file, program] of [
    ["telemetry.cjs", `require("socket.io/opentelemetry");`],
    ["telemetry.mjs", `import "socket.io/opentelemetry";`],
  ] as const) {
    it(`says that socket.io/opentelemetry needs @opentelemetry/api: ${program}`, async () => {
      writeFileSync(join(application, file), program);
      const { code, stderr } = await runNode([file], application);
      expect(code).to.be(1);
      expect(stderr).to.contain(
        "Error: socket.io/opentelemetry needs the package @opentelemetry/api: npm install @opentelemetry/api",
      );
      expect(stderr).to.contain("code: 'OPENTELEMETRY_NOT_INSTALLED'");
    });
  }

  for (const [entry, names] of [
    ["socket.io/legacy", ["Client", "Listener", "listen"]],
    ["socket.io/legacy/client", ["Socket", "setPath"]],
    ["socket.io/testing", ["createTestServer", "installClock", "settled", "waitFor"]],
    ["socket.io/opentelemetry", ["SocketIoInstrumentation"]],
  ] as const) {
    it(`has the names of ${entry} for require() and for import`, async () => {
      symlinkPeers(application);
      const seen = await report(
        "legacy.mjs",
        `import * as door from "${entry}";
         import { createRequire } from "node:module";
         const required = createRequire(import.meta.url)("${entry}");
         console.log(JSON.stringify({
           names: Object.keys(required).sort(),
           others: Object.keys(door).filter((name) => door[name] !== required[name] && name !== "module.exports"),
           missing: Object.keys(required).filter((name) => !(name in door)),
         }));`,
      );
      expect(seen).to.eql({ names, others: [], missing: [] });
    });
  }

  it("allows reading its package.json, and no other files", async () => {
    const seen = await report(
      "paths.cjs",
      `const failure = (path) => { try { require(path); } catch (error) { return error.code; } };
       console.log(JSON.stringify({
         version: require("socket.io/package.json").version,
         deep: failure("socket.io/dist/index.js"),
         client: failure("socket.io/client-dist/socket.io.js"),
       }));`,
    );
    expect(seen).to.eql({
      version: manifest.version,
      deep: "ERR_PACKAGE_PATH_NOT_EXPORTED",
      client: "ERR_PACKAGE_PATH_NOT_EXPORTED",
    });
  });
});
