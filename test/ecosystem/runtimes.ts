/** The server in other versions of Node.js, and in other runtimes. */
import { join } from "node:path";
import expect from "expect.js";
import { onTestEnd } from "../support/cleanup";
import { eventually, nextEvent, nextValue } from "../support/waiting";
import { client, greet } from "./support/hello";
import { startProgram } from "./support/programs";
import { tested } from "./support/tested";

const program = join(__dirname, "fixtures/runtime-server.cjs");

/** The runtime itself: the program that npm puts into PATH starts it as a separate process. */
function binary(path: string): string {
  return join(__dirname, "node_modules", path.replace("x64", process.arch));
}

async function start(path: string, args: string[]): Promise<{ url: string; fastPath: boolean }> {
  const runtime = startProgram(path, [...args, program]);
  onTestEnd(() => runtime.stop("SIGKILL"));
  await eventually(() => /fast path \w+\n/.test(runtime.output()) || runtime.child.exitCode !== null);
  const [, url, fastPath] = /listening on (\S+) fast path (\w+)/.exec(runtime.output()) ?? [];
  if (url === undefined) {
    throw new Error(`it does not listen: ${runtime.output()}`);
  }
  return { url, fastPath: fastPath === "true" };
}

function servesIn(path: string, args: string[], isFast: boolean): void {
  for (const transports of [["polling"], ["websocket"], ["polling", "websocket"]]) {
    it(`serves clients over ${transports.join(", then ")}`, async () => {
      const { url, fastPath } = await start(path, args);
      expect(fastPath).to.be(isFast);
      expect(await (await fetch(url)).text()).to.be("the page");
      const socket = client(url, { transports });
      await nextEvent(socket, "connect");
      if (socket.io.engine.transport.name !== transports.at(-1)) {
        await nextEvent(socket.io.engine as any, "upgrade");
      }
      expect(await greet(socket)).to.be(`Hello, Ada, over ${transports.at(-1)}!`);
      expect([...(await socket.emitWithAck("bytes", Buffer.from([1, 2])))]).to.eql([1, 2, 1, 2]);
      const other = client(url, { transports });
      await nextEvent(other, "connect");
      const said = nextValue(socket, "said");
      other.emit("say", "to the room");
      expect(await said).to.be("to the room");
      const left = nextValue(socket, "disconnect");
      socket.emit("leave");
      expect(await left).to.be("io server disconnect");
    });
  }

  it("refuses a client that a middleware refuses", async () => {
    const { url } = await start(path, args);
    const refused = client(url, { auth: { token: "wrong" } });
    const [error] = await nextEvent<[Error]>(refused, "connect_error");
    expect(error.message).to.be("not allowed");
  });

  it("sends a client that comes back its missed events", async () => {
    const { url } = await start(path, args);
    const socket = client(url, { transports: ["websocket"], reconnection: true });
    await nextEvent(socket, "connect");
    const other = client(url, { transports: ["websocket"] });
    const before = nextValue(socket, "said");
    other.emit("say", "before");
    await before;
    const missed = nextValue(socket, "said");
    socket.io.engine.close();
    other.emit("say", "meanwhile");
    expect(await missed).to.be("meanwhile");
    expect(socket.recovered).to.be(true);
  });
}

tested({ area: "Runtimes", name: "Deno", packages: ["deno"] }, () => {
  servesIn(binary("@deno/linux-x64-glibc/deno"), ["run", "--allow-all"], true);
});

tested(
  {
    area: "Runtimes",
    name: "Bun",
    packages: ["bun"],
    remark: "Bun has its own `ws` package, so the fast path is off.",
  },
  () => {
    servesIn(binary("@oven/bun-linux-x64/bin/bun"), [], false);
  },
);
