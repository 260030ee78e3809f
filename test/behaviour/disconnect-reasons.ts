import expect from "expect.js";
import { stopClock } from "../support/clock";
import { ask } from "../support/http";
import { type AnySocket, drain, type Joined, joinMore, joinPolling, joinWire } from "../support/joined";
import { startServer } from "../support/server";
import { nextEvent } from "../support/waiting";
import type { PollingWire } from "../support/wire";

type Options = Parameters<typeof startServer>[0];

interface End {
  reason: string;
  description: any;
  /** Collects the messages of "error" events of the socket. */
  errors: string[];
}

/** Resolves when the socket is disconnected; checks that `disconnecting` and `disconnect` report the same reason. */
async function endOf(socket: AnySocket): Promise<End> {
  const errors: string[] = [];
  socket.on("error", ({ message }) => errors.push(message));
  const announced = nextEvent(socket, "disconnecting");
  const told = await nextEvent(socket, "disconnect");
  expect(told).to.eql(await announced);
  const [reason, description] = told;
  return { reason, description, errors };
}

/** Joins over WebSocket, acts, and resolves with the end of the socket. */
async function wireEnd(act: (joined: Joined) => unknown, options?: Options): Promise<End> {
  const joined = await joinWire(await startServer(options));
  const end = endOf(joined.socket);
  act(joined);
  return end;
}

/** Joins over polling, acts, and resolves with the end of the socket. */
async function pollingEnd(
  act: (joined: { polling: PollingWire; socket: AnySocket }) => unknown,
  options?: Options,
): Promise<End> {
  const joined = await joinPolling(await startServer(options));
  const end = endOf(joined.socket);
  await act(joined);
  await end;
  await drain(joined.polling);
  return end;
}

describe("client namespace disconnect is the reason", () => {
  it("when the client calls disconnect() [53]", async () => {
    for (const transport of ["websocket", "polling"] as const) {
      const { pair } = await startServer();
      const { client, socket } = await pair("/", { transports: [transport] });
      const end = endOf(socket);
      client.disconnect();
      expect(await end).to.eql({
        reason: "client namespace disconnect",
        description: undefined,
        errors: [],
      });
    }
  });

  it("when the client leaves one namespace of several [53]", async () => {
    const { io, url } = await startServer();
    io.of("/chat");
    const main = await joinWire({ io, url });
    const chat = await joinMore(io, main.wire, "/chat");
    const end = endOf(chat.socket);
    main.wire.send("41/chat,");
    expect((await end).reason).to.be("client namespace disconnect");
    expect(main.socket.connected).to.be(true);
  });
});

describe("server namespace disconnect is the reason", () => {
  for (const close of [undefined, false, true]) {
    it(`when the server calls disconnect(${close ?? ""}) [53, 61]`, async () => {
      const { reason, description } = await wireEnd(({ socket }) => socket.disconnect(close));
      expect(reason).to.be("server namespace disconnect");
      expect(description).to.be(undefined);
    });
  }

  it("for all sockets of the connection when one calls disconnect(true) [53, 61]", async () => {
    const { io, url } = await startServer();
    io.of("/chat");
    const main = await joinWire({ io, url });
    const chat = await joinMore(io, main.wire, "/chat");
    const reasons = Promise.all([endOf(main.socket), endOf(chat.socket)]);
    chat.socket.disconnect(true);
    expect((await reasons).map(({ reason }) => reason)).to.eql([
      "server namespace disconnect",
      "server namespace disconnect",
    ]);
    await main.wire.closed;
  });

  it("when a broadcast disconnects the sockets [53, 68]", async () => {
    const { reason } = await wireEnd(({ socket }) => socket.nsp.in(socket.id).disconnectSockets());
    expect(reason).to.be("server namespace disconnect");
  });
});

describe("server shutting down is the reason", () => {
  it("for each socket of each namespace when the server closes [53, 90]", async () => {
    const { io, url } = await startServer();
    io.of("/chat");
    const main = await joinWire({ io, url });
    const chat = await joinMore(io, main.wire, "/chat");
    const ends = Promise.all([endOf(main.socket), endOf(chat.socket)]);
    await io.close();
    for (const { reason, description } of await ends) {
      expect(reason).to.be("server shutting down");
      expect(description).to.be(undefined);
    }
  });

  it("over polling too [53, 90]", async () => {
    const { io, url } = await startServer();
    const { polling, socket } = await joinPolling({ io, url });
    const end = endOf(socket);
    await io.close();
    await drain(polling);
    expect((await end).reason).to.be("server shutting down");
  });
});

describe("transport close is the reason", () => {
  it("when the client closes its WebSocket [53]", async () => {
    const { reason, description } = await wireEnd(({ wire }) => wire.ws.close(4000, "goodbye"));
    expect(reason).to.be("transport close");
    expect(description).to.be(undefined);
  });

  it("when the TCP connection is cut [53]", async () => {
    const { reason, description } = await wireEnd(({ wire }) => wire.ws.terminate());
    expect(reason).to.be("transport close");
    expect(description).to.be(undefined);
  });

  it("when a polling client sends a close packet [53]", async () => {
    const { reason, description } = await pollingEnd(({ polling }) => polling.post("1"));
    expect(reason).to.be("transport close");
    expect(description).to.be(undefined);
  });

  it("for each socket of the connection, in the order in which they joined [53]", async () => {
    const { io, url } = await startServer();
    const order: string[] = [];
    const names = ["/b", "/", "/a"];
    for (const name of names) {
      io.of(name).on("connection", (socket) => {
        socket.on("disconnecting", (reason) => order.push(`disconnecting ${name} ${reason}`));
        socket.on("disconnect", (reason) => order.push(`disconnect ${name} ${reason}`));
      });
    }
    const { wire } = await joinWire({ io, url }, "/b");
    await joinMore(io, wire, "/");
    const { socket: last } = await joinMore(io, wire, "/a");
    const end = endOf(last);
    wire.ws.close();
    await end;
    expect(order).to.eql(
      names.flatMap((name) => [
        `disconnecting ${name} transport close`,
        `disconnect ${name} transport close`,
      ]),
    );
  });
});

describe("transport error is the reason", () => {
  /** The description: an error of the engine, with the message of the transport. */
  const transportError = (description: any, what: RegExp) => {
    expect(description).to.be.an(Error);
    expect(description.type).to.be("TransportError");
    expect(description.message).to.match(what);
  };

  it("when the WebSocket fails, with the error as description [53]", async () => {
    const { reason, description } = await wireEnd(({ socket }) =>
      (socket.conn.transport as any).socket.emit("error", new Error("boom")),
    );
    expect(reason).to.be("transport error");
    transportError(description, /boom/);
  });

  it("when a WebSocket message is too long [15, 53]", async () => {
    const { reason, description } = await wireEnd(({ wire }) => wire.send(`42["${"x".repeat(200)}"]`), {
      maxHttpBufferSize: 100,
    });
    expect(reason).to.be("transport error");
    transportError(description, /Max payload size exceeded/);
  });

  it("when a poll is aborted before it is answered [53]", async () => {
    const { reason, description } = await pollingEnd(({ polling, socket }) => {
      const abort = new AbortController();
      ask(polling.address, { signal: abort.signal }).catch(() => {});
      socket.conn.transport.once("ready", () => abort.abort());
    });
    expect(reason).to.be("transport error");
    transportError(description, /poll connection closed prematurely/);
  });

  it("when two polls are pending at the same time [38, 53]", async () => {
    const { reason, description } = await pollingEnd(({ polling }) => {
      for (let i = 0; i < 2; i++) {
        polling.poll().catch(() => {});
      }
    });
    expect(reason).to.be("transport error");
    transportError(description, /overlap from client/);
  });
});

describe("ping timeout is the reason", () => {
  it("when the client does not answer a ping [37, 53]", async () => {
    const clock = stopClock({ engine: true });
    const options = { pingInterval: 10, pingTimeout: 10 };
    const { reason, description } = await wireEnd(() => clock.tick(20), options);
    expect(reason).to.be("ping timeout");
    expect(description).to.be(undefined);
  });

  it("over polling too [37, 53]", async () => {
    const clock = stopClock({ engine: true });
    const options = { pingInterval: 20, pingTimeout: 20 };
    const { reason, description } = await pollingEnd(({ polling }) => {
      const drained = drain(polling);
      clock.tick(40);
      return drained;
    }, options);
    expect(reason).to.be("ping timeout");
    expect(description).to.be(undefined);
  });
});

describe("parse error is the reason", () => {
  it("when the client sends a message that is not an engine packet [53]", async () => {
    const { reason, description, errors } = await wireEnd(({ wire }) => wire.send("zz"));
    expect(reason).to.be("parse error");
    expect(description).to.be(undefined);
    expect(errors).to.eql([]);
  });

  it("over polling too [53]", async () => {
    const { reason } = await pollingEnd(({ polling, socket }) => {
      socket.conn.transport.once("ready", () => polling.post("zz"));
      return drain(polling);
    });
    expect(reason).to.be("parse error");
  });
});

describe("forced close is the reason", () => {
  for (const discard of [undefined, true]) {
    it(`when the server closes the connection with conn.close(${discard ?? ""}) [53]`, async () => {
      const { reason, description } = await wireEnd(({ socket }) => socket.conn.close(discard));
      expect(reason).to.be("forced close");
      expect(description).to.be(undefined);
    });
  }

  for (const [what, packet, message] of [
    ["a packet of no known type", "49", "unknown packet type 9"],
    ["an event that is no JSON", '42["hello', "invalid payload"],
    ["an event that is no array", '42{"a":1}', "invalid payload"],
    ["an event without a name", "42[]", "invalid payload"],
    ["an event whose name is an object", "42[{}]", "invalid payload"],
    ["a DISCONNECT that says something", '41{"a":1}', "invalid payload"],
  ]) {
    it(`when the client sends ${what}, which emits an error first [53, 83]`, async () => {
      expect(await wireEnd(({ wire }) => wire.send(packet))).to.eql({
        reason: "forced close",
        description: undefined,
        errors: [message],
      });
    });
  }

  it("when text arrives instead of an attachment, which emits an error first [53, 83]", async () => {
    const { reason, errors } = await wireEnd(({ wire }) =>
      wire.send('451-["hello",{"_placeholder":true,"num":0}]', '42["hello"]'),
    );
    expect(reason).to.be("forced close");
    expect(errors).to.eql(["got plaintext data when reconstructing a packet"]);
  });

  it("when an unexpected attachment arrives, which emits an error first [53, 83]", async () => {
    const { reason, errors } = await wireEnd(({ wire }) => wire.send(Buffer.from([1])));
    expect(reason).to.be("forced close");
    expect(errors).to.eql(["got binary data when not reconstructing a packet"]);
  });

  for (const [what, packet] of [
    ["joins a namespace a second time", "40"],
    ["sends an event to a namespace that it has not joined", '42/chat,["hello"]'],
    ["leaves a namespace that it has not joined", "41/chat,"],
    ["sends a refusal, which is for the server to say", '44{"message":"no"}'],
  ]) {
    it(`when the client ${what} [53]`, async () => {
      expect(await wireEnd(({ wire }) => wire.send(packet))).to.eql({
        reason: "forced close",
        description: undefined,
        errors: [],
      });
    });
  }
});

describe("forced server close is the reason", () => {
  it("when a client that violates the protocol has unread packets [53]", async () => {
    const { reason, description } = await pollingEnd(({ polling, socket }) => {
      socket.emit("waits for a poll");
      polling.post('42/chat,["hello"]');
    });
    expect(reason).to.be("forced server close");
    expect(description).to.be(undefined);
  });
});
