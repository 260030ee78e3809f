/** The packed package with versions of engine.io and ws that it was not tested with, or that work differently. */

import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { manifest, type Packed, pack, removeDirectory } from "../support/published";
import { root, runNode } from "../support/repository";

import expect = require("expect.js");

/** The report of a program about its server: the path that serves, the warnings, and whether limits apply. */
interface Seen {
  fastPath: boolean;
  warnings: string[];
  echo: string;
  packets: number;
  bytes: number;
  chunks: number;
}

const PROGRAM = `
const warnings = [];
setTimeout(() => { console.error("nothing was echoed"); process.exit(1); }, 20_000);
process.on("warning", ({ code, message }) => warnings.push(code + ": " + message));
const { createServer } = require("node:http");
const { WebSocket } = require("${join(root, "node_modules/ws")}");
const { Server } = require("socket.io");
const httpServer = createServer();
const io = new Server(httpServer, {
  cookie: true, maxHttpBufferSize: 1000, maxBufferedChunks: 20, limits: { packetsPerPayload: 5 },
});
new Server(createServer());
io.on("connection", (socket) => socket.on("echo", (text) => socket.emit("echo", text)));
httpServer.listen(0, async () => {
  const url = "http://localhost:" + httpServer.address().port + "/socket.io/?EIO=4&transport=";
  const open = async () => {
    const text = await (await fetch(url + "polling")).text();
    const address = url + "polling&sid=" + JSON.parse(text.slice(1)).sid;
    await fetch(address, { method: "POST", body: "40" });
    return address;
  };
  const post = async (body, options) => {
    const answer = await fetch(await open(), { method: "POST", body, ...options });
    return answer.status;
  };
  async function* pieces() {
    for (let i = 0; i < 30; i++) {
      yield Buffer.from("2");
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  const crowded = await open();
  await fetch(crowded, { method: "POST", body: Array(6).fill("2").join("\\x1e") });
  const packets = (await fetch(crowded)).status;
  const bytes = await post("4".repeat(2000));
  const chunks = await post(pieces(), { duplex: "half" });
  const ws = new WebSocket(url.replace("http", "ws") + "websocket");
  ws.on("message", (data) => {
    const text = String(data);
    if (text.startsWith("0")) ws.send("40");
    if (text.startsWith("40")) ws.send('42["echo","hello"]');
    if (text.startsWith("42")) {
      console.log(JSON.stringify({ fastPath: io.fastPath, warnings, echo: text, packets, bytes, chunks }));
      process.exit();
    }
  });
});
`;

/** The names of the packages that a package needs at run time, including those of its dependencies. */
function dependenciesOf(
  { dependencies = {} }: { dependencies?: object },
  names = new Set<string>(),
): Set<string> {
  for (const name of Object.keys(dependencies).filter(
    (name) => !names.has(name) && !name.startsWith("@types/"),
  )) {
    names.add(name);
    dependenciesOf(JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8")), names);
  }
  return names;
}

describe("with another engine.io or ws", () => {
  let packed: Packed;

  before(async () => {
    packed = await pack();
  });

  after(() => packed && removeDirectory(packed.directory));

  /** Installs the package with copies of its dependencies, in each of which one file is changed. */
  async function seeWith(
    name: string,
    changes: Record<string, [from: string | RegExp, to: string]>,
  ): Promise<Seen> {
    const application = join(packed.directory, name);
    const modules = join(application, "node_modules");
    mkdirSync(join(modules, "socket.io"), { recursive: true });
    execFileSync("tar", ["-xzf", packed.tarball, "-C", join(modules, "socket.io"), "--strip-components=1"]);
    const copied = new Set(Object.keys(changes).map((file) => file.split("/", 1)[0] as string));
    for (const dependency of dependenciesOf(manifest)) {
      const from = join(root, "node_modules", dependency);
      mkdirSync(dirname(join(modules, dependency)), { recursive: true });
      if (copied.has(dependency)) {
        cpSync(from, join(modules, dependency), { recursive: true });
      } else {
        symlinkSync(from, join(modules, dependency), "junction");
      }
    }
    for (const [file, [from, to]] of Object.entries(changes)) {
      const path = join(modules, file);
      const text = readFileSync(path, "utf8");
      const changed = text.replace(from, to);
      expect(changed).not.to.be(text);
      writeFileSync(path, changed);
    }
    writeFileSync(join(application, "program.cjs"), PROGRAM);
    // links would lead back to the repository, and so to its ws
    const { stdout, stderr } = await runNode(["--preserve-symlinks", "program.cjs"], application);
    if (!stdout) {
      throw new Error(stderr);
    }
    return JSON.parse(stdout);
  }

  // the session is closed after too many packets
  const LIMITS = { packets: 400, bytes: 413, chunks: 413, echo: '42["echo","hello"]' };

  it("uses the fast path with the versions that it was tested with, and emits no warning", async () => {
    const seen = await seeWith("tested", { "ws/package.json": ["8.23.0", "8.999.0"] });
    expect(seen).to.eql({ fastPath: true, warnings: [], ...LIMITS });
  });

  for (const [what, changes, problem] of [
    [
      "a later engine.io",
      { "engine.io/package.json": [/"version": "6\.6\.\d+"/, '"version": "6.7.0"'] },
      "engine.io 6.7.0 is not a tested version",
    ],
    [
      "an earlier engine.io",
      { "engine.io/package.json": [/"version": "6\.6\.\d+"/, '"version": "6.6.12"'] },
      "engine.io 6.6.12 is not a tested version",
    ],
    [
      "an earlier ws",
      { "ws/package.json": [/"version": "8\.\d+\.\d+"/, '"version": "8.17.1"'] },
      "ws 8.17.1 is not a tested version",
    ],
    [
      "an engine.io whose transports read no options",
      { "engine.io/build/transport.js": ["this.opts = opts;", "this.opts = {};"] },
      "long-polling (EIO=4) does not compress",
    ],
    [
      "an engine.io whose transports take requests in another way",
      Object.fromEntries(
        ["transport.js", "transports/polling.js", "server.js"].map((file) => [
          `engine.io/build/${file}`,
          [/onRequest\(/g, "takeRequest("],
        ]),
      ),
      "long-polling (EIO=4) fails with TypeError",
    ],
    [
      "an engine.io whose connections have other members",
      { "engine.io/build/socket.js": [/resetPingTimeout/g, "restartPingTimeout"] },
      "a connection of engine.io has no resetPingTimeout()",
    ],
    [
      "a ws that sets its WebSockets up in another way",
      Object.fromEntries(
        ["websocket.js", "websocket-server.js"].map((file) => [
          `ws/lib/${file}`,
          [/setSocket\(/g, "takeSocket("],
        ]),
      ),
      "a WebSocket is not served by the fast path",
    ],
  ] as [string, Record<string, [string | RegExp, string]>, string][]) {
    it(`emits one warning and serves without the fast path, with all limits: ${what}`, async () => {
      const seen = await seeWith(what.replaceAll(" ", "-"), changes);
      expect(seen.fastPath).to.be(false);
      expect(seen.warnings.length).to.be(1);
      expect(seen.warnings[0]).to.contain(
        `SOCKET_IO_FAST_PATH_OFF: The fast path is off (io.fastPath is false): ${problem}`,
      );
      expect({ ...seen, fastPath: false, warnings: [] }).to.eql({ fastPath: false, warnings: [], ...LIMITS });
    });
  }
});
