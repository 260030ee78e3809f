/** Which files the built package loads, and when; and the classes at the addresses that other packages import. */
import { join } from "node:path";
import { requireBuild } from "../support/published";
import { root, runNode } from "../support/repository";

import expect = require("expect.js");

const dist = join(root, "dist");

/** Runs code in a new process; returns the value that it passes to `print()`. */
async function inNewProcess(code: string): Promise<unknown> {
  const program = `
    const dist = ${JSON.stringify(dist)};
    const files = () => Object.keys(require.cache).map((file) => file.replaceAll("\\\\", "/"));
    const loaded = (name) => files().some((file) => file.includes(name));
    const print = (value) => console.log(JSON.stringify(value));
    ${code}`;
  const { stdout, stderr } = await runNode(["-e", program]);
  expect(stderr).to.be("");
  return JSON.parse(stdout);
}

describe("the built package", () => {
  before(requireBuild);

  it("loads engine.io and ws with the first server, and cors never without the option", async () => {
    const steps = await inNewProcess(`
      const names = ["/engine.io/", "/ws/", "/cors/"];
      const { Server } = require(dist);
      const before = names.map(loaded);
      const io = new Server(require("node:http").createServer());
      print([before, names.map(loaded)]);`);
    expect(steps).to.eql([
      [false, false, false],
      [true, true, false],
    ]);
  });

  it("loads no code for OpenTelemetry", async () => {
    const found = await inNewProcess(`
      const { Server } = require(dist);
      new Server(require("node:http").createServer());
      print(loaded("opentelemetry"));`);
    expect(found).to.be(false);
  });

  it("loads OpenTelemetry's API, and nothing of the server, for socket.io/opentelemetry", async () => {
    const found = await inNewProcess(`
      const { SocketIoInstrumentation } = require(dist + "/opentelemetry");
      new SocketIoInstrumentation();
      const own = files().filter((file) => file.startsWith(dist.replaceAll("\\\\", "/")));
      const others = own.filter((file) => !file.includes("/dist/opentelemetry/"));
      print([loaded("@opentelemetry/api/"), others.map((file) => file.slice(dist.length))]);`);
    expect(found).to.eql([true, ["/diagnostics/carrier.js"]]);
  });

  it("loads what publishes messages on diagnostics channels only if they have a subscriber", async () => {
    const exchange = (subscription: string) =>
      inNewProcess(`
        ${subscription}
        const { Server } = require(dist);
        const { io: connect } = require("socket.io-client");
        const httpServer = require("node:http").createServer();
        const io = new Server(httpServer, { onHandlerError() {} });
        io.use((socket, next) => next());
        io.on("connection", (socket) => {
          socket.use((event, next) => next());
          socket.on("hello", async (answer) => {
            io.emit("broadcast");
            await io.fetchSockets();
            answer(await socket.emitWithAck("question"));
          });
          socket.on("disconnect", async () => {
            await io.close({ drain: true });
            print(loaded("/diagnostics/observed"));
          });
        });
        httpServer.listen(0, async () => {
          const client = connect("http://localhost:" + httpServer.address().port);
          client.on("question", (answer) => answer());
          await client.emitWithAck("hello");
          client.disconnect();
        });`);
    expect(await exchange("")).to.be(false);
    expect(
      await exchange('require("node:diagnostics_channel").subscribe("socket.io:packet", () => {});'),
    ).to.be(true);
  });

  it("loads permessage-deflate only for a server with the option", async () => {
    const steps = await inNewProcess(`
      const { Server } = require(dist);
      new Server(require("node:http").createServer());
      const before = loaded("/fast/deflate");
      new Server(require("node:http").createServer(), { perMessageDeflate: true });
      print([before, loaded("/fast/deflate")]);`);
    expect(steps).to.eql([false, true]);
  });

  it("loads nothing of socket.io/testing, and no client until a test server has one", async () => {
    const steps = await inNewProcess(`
      const { Server } = require(dist);
      new Server(require("node:http").createServer());
      const before = loaded("/dist/testing/");
      const { createTestServer } = require(dist + "/testing/index.js");
      const server = createTestServer();
      const without = loaded("/socket.io-client/");
      server.connect().then(() => server.close()).then(() => print([before, without, loaded("/socket.io-client/")]));`);
    expect(steps).to.eql([false, false, true]);
  });

  it("is loaded from fewer files than the reference server, with a server too", async () => {
    const count = (name: string) =>
      inNewProcess(`
        const { Server } = require(${JSON.stringify(name)});
        const before = files().length;
        new Server(require("node:http").createServer());
        print([before, files().length]);`) as Promise<[number, number]>;
    const [ours, reference] = [await count(dist), await count("socket.io-reference")];
    expect(ours[0]).to.be.lessThan(reference[0] / 2);
    expect(ours[1]).to.be.lessThan(reference[1]);
  });

  it("has the same classes at each address, whichever is loaded first", async () => {
    const addresses = {
      "broadcast-operator": ["BroadcastOperator", "RemoteSocket"],
      client: ["Client"],
      namespace: ["Namespace"],
      "parent-namespace": ["ParentNamespace"],
      socket: ["Socket"],
    };
    for (const first of [...Object.keys(addresses), "index"]) {
      const different = await inNewProcess(`
        require(dist + "/${first}.js");
        const main = require(dist);
        const io = new main.Server(require("node:http").createServer());
        const made = { ...main, ParentNamespace: io.of(/^.$/).constructor };
        const wrong = [];
        for (const [file, names] of Object.entries(${JSON.stringify(addresses)})) {
          for (const name of names) {
            const found = require(dist + "/" + file + ".js")[name];
            if (found.name !== name || (made[name] && made[name] !== found)) {
              wrong.push(file + " " + name);
            }
          }
        }
        print(wrong);`);
      expect(different).to.eql([]);
    }
  });

  it("gives tracing tools the files whose classes they patch before a server exists", async () => {
    const files = await inNewProcess(`
      require(dist);
      print(["broadcast-operator", "namespace", "socket"].map((name) => loaded("/dist/" + name + ".js")));`);
    expect(files).to.eql([true, true, true]);
  });

  it("has the names of functions and classes in stack traces", async () => {
    const stack = (await inNewProcess(`
      const { Server } = require(dist);
      try { new Server({ pingInterval: "soon" }); } catch (error) { print(error.stack); }`)) as string;
    expect(stack).to.match(/at checkOptions \(.*dist.server.server\.js:\d+:\d+\)/);
    expect(stack).to.match(/at new Server \(.*dist.server.server\.js:\d+:\d+\)/);
  });
});
