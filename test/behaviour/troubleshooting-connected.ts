/** The rows of docs/troubleshooting.md about clients that are connected, and events that do not arrive as expected. */
import type { IncomingMessage } from "node:http";
import expect from "expect.js";
import { guardMessages } from "../support/guard-messages";
import { ownTest } from "../support/own-tests";
import { type ClientSocket, startServer } from "../support/server";
import { expectRow } from "../support/troubleshooting";
import { eventually, nextEvent, roundTrip } from "../support/waiting";

const reconnecting = { transports: ["websocket"], reconnectionDelay: 1, reconnectionDelayMax: 1 };

/** Cuts the connection of a client, and resolves when it has reconnected. */
async function reconnect(client: ClientSocket): Promise<void> {
  const connected = nextEvent(client, "connect");
  client.io.engine.close();
  await connected;
}

/** Starts a server that answers "round trip". */
async function startAnswering(...options: Parameters<typeof startServer>) {
  const running = await startServer(...options);
  running.io.on("connection", (socket) => socket.on("round trip", (answer) => answer()));
  return running;
}

describe("a client that is connected", () => {
  it("handles an event twice after a reconnection if it listens in its connect handler [T35]", async () => {
    const { io, connect } = await startAnswering();
    const client = connect("/", reconnecting);
    const calls: string[] = [];
    client.on("connect", () => client.on("news", () => calls.push("in the handler")));
    client.on("news", () => calls.push("beside it"));
    await nextEvent(client, "connect");
    await reconnect(client);
    io.emit("news");
    await roundTrip(client);
    expect(calls.sort()).to.eql(["beside it", "in the handler", "in the handler"]);
    expectRow("T35", {});
  });

  it("has another id, and its socket no rooms, after a reconnection [T36]", async () => {
    const { io, pair } = await startAnswering();
    const { client, socket } = await pair("/", reconnecting);
    socket.join("tea");
    const before = client.id;
    await reconnect(client);
    expect(client.id).not.to.be(before);
    expect(client.recovered).not.to.be.ok();
    expect((await io.in("tea").fetchSockets()).length).to.be(0);
    expectRow("T36", {});
  });

  it("does not get what was sent while it was away [T37]", async () => {
    const { io, pair } = await startAnswering();
    const { client, socket } = await pair("/", reconnecting);
    const news: string[] = [];
    client.on("news", (text) => news.push(text));
    const left = nextEvent(socket, "disconnect");
    const again = nextEvent(client, "connect");
    client.io.engine.close();
    await left;
    io.emit("news", "while it was away");
    await again;
    io.emit("news", "afterwards");
    await roundTrip(client);
    expect(news).to.eql(["afterwards"]);
    expectRow("T37", {});
  });

  it("sends after a reconnection what it emitted while it was away [T38]", async () => {
    const { io, connect } = await startServer();
    const received: string[] = [];
    io.on("connection", (socket) => {
      socket.on("typing", (text) => received.push(text));
      socket.on("round trip", (answer) => answer());
    });
    const client = connect("/", reconnecting);
    await nextEvent(client, "connect");
    const again = nextEvent(client, "connect");
    client.io.engine.close();
    client.emit("typing", "kept");
    if (client.connected) {
      client.emit("typing", "only if it is connected");
    }
    await again;
    await roundTrip(client);
    expect(received).to.eql(["kept"]);
    expectRow("T38", {});
  });

  it("waits for ever for an answer that the server does not give, without a timeout [T39]", async () => {
    const { io, connect } = await startServer();
    // the handler has an error path without an answer
    io.on("connection", (socket) => socket.on("save", () => {}));
    const client = connect("/", reconnecting);
    const error = await client
      .timeout(20)
      .emitWithAck("save", 1)
      .catch((failure) => failure);
    expectRow("T39", { client: [error.message] });
  });

  it("is not heard at first if the server listens only after it has waited for something [T40]", async () => {
    const { io, connect } = await startServer();
    const received: number[] = [];
    let load = () => {};
    const loaded = new Promise<void>((resolve) => {
      load = resolve;
    });
    io.on("connection", async (socket) => {
      socket.on("round trip", (answer) => answer());
      await loaded;
      socket.on("ready", (number) => received.push(number));
    });
    const client = connect("/", reconnecting);
    client.emit("ready", 1);
    await roundTrip(client);
    load();
    client.emit("ready", 2);
    await roundTrip(client);
    expect(received).to.eql([2]);
    expectRow("T40", {});
  });

  it("gets no broadcasts of another process without an adapter [T41]", async () => {
    const [here, there] = [await startAnswering(), await startAnswering()];
    const [local, remote] = [await here.pair(), await there.pair()];
    const news: string[] = [];
    local.client.on("news", () => news.push("local"));
    remote.client.on("news", () => news.push("remote"));
    here.io.emit("news");
    await Promise.all([roundTrip(local.client), roundTrip(remote.client)]);
    expect(news).to.eql(["local"]);
    expectRow("T41", {});
  });

  it("sends no cookies without withCredentials [T42]", async () => {
    const { io, connect } = await startServer();
    const cookies: (string | undefined)[] = [];
    io.engine.on("initial_headers", (headers: Record<string, string>) => {
      headers["set-cookie"] = "node=1";
    });
    io.engine.on("headers", (_headers: unknown, { url, headers }: IncomingMessage) => {
      if (url?.includes("sid=")) {
        cookies.push(headers.cookie);
      }
    });
    const without = connect("/", { transports: ["polling"] });
    await nextEvent(without, "connect");
    expect([...new Set(cookies)]).to.eql([undefined]);
    without.disconnect();
    const client = connect("/", { transports: ["polling"], withCredentials: true });
    await nextEvent(client, "connect");
    expect(cookies).to.contain("node=1");
    expectRow("T42", {});
  });

  ownTest("makes a handler throw, which ends the process without onHandlerError [T43]", async () => {
    const errors: unknown[] = [];
    const { io, pair } = await startServer({ onHandlerError: (error) => errors.push(error) });
    const told = guardMessages(io);
    const { client, socket } = await pair();
    socket.on("save", (data, answer) => answer(data.id));
    client.emit("save", { id: 1 });
    await eventually(() => errors.length === 1);
    expect(String(errors[0])).to.contain("TypeError: answer is not a function");
    expectRow("T43", { server: told.map(({ code }) => code) });
  });
});
