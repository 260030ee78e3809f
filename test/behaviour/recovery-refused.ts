import expect from "expect.js";
import { type Clock, stopClock } from "../support/clock";
import { connectMember, settled } from "../support/members";
import { connectRecoverable, type Recoverable } from "../support/recoverable-client";
import { type ClientOptions, startServer } from "../support/server";
import { subjectName } from "../support/subject";
import { eventually, nextEvent, nextValue } from "../support/waiting";

const recovery = { connectionStateRecovery: {} };

/** The duration in the tests with a stopped clock, in milliseconds. */
const PING_INTERVAL = 20;
const PING_TIMEOUT = 30;

/** Ways to end a connection, by the reason on the server. */
const recoverable: Record<string, (member: Recoverable, clock: Clock) => unknown> = {
  "transport close": ({ client }) => client.io.engine.close(),
  // a reserved bit and an unknown opcode (RFC 6455, section 5.2)
  "transport error": ({ client }) => rawSocket(client)._socket.write(Buffer.from([0xff, 0xff, 0, 0, 0, 0])),
  "forced close": ({ socket }) => socket.conn.close(),
  "ping timeout": ({ client }, clock) => {
    rawSocket(client).pause();
    clock.tick(PING_INTERVAL + PING_TIMEOUT);
  },
};

const final: Record<string, (member: Recoverable) => unknown> = {
  "client namespace disconnect": ({ client }) => client.disconnect(),
  "server namespace disconnect": ({ socket }) => socket.disconnect(),
  // no packet of the Engine.IO protocol begins with this character
  "parse error": ({ client }) => rawSocket(client).send("junk"),
};

/** The client's WebSocket, from the ws package. */
function rawSocket(client: any): any {
  return client.io.engine.transport.ws;
}

/** Ends the connection; resolves with the reason on the server, once both sides have noticed. */
async function end(member: Recoverable, how: (member: Recoverable) => unknown): Promise<string> {
  const webSocket = rawSocket(member.client);
  const reason = nextValue<string>(member.socket, "disconnect");
  const told = nextEvent(member.client, "disconnect");
  how(member);
  await reason;
  webSocket.resume();
  await told;
  return reason;
}

/** Whether a client with this auth payload recovers a session. */
async function recoveredWith(
  running: Awaited<ReturnType<typeof startServer>>,
  auth: ClientOptions["auth"],
): Promise<boolean> {
  const { socket } = await connectMember(running, "/", { transports: ["websocket"], auth });
  return socket.recovered;
}

describe("a session is kept", () => {
  for (const [reason, how] of Object.entries(recoverable)) {
    it(`after ${reason} [53, 79]`, async () => {
      const clock = stopClock({ engine: true });
      const heartbeat = { pingInterval: PING_INTERVAL, pingTimeout: PING_TIMEOUT };
      const running = await startServer({ ...recovery, ...heartbeat });
      const member = await connectRecoverable(running);
      const { id } = member.socket;
      expect(await end(member, () => how(member, clock))).to.be(reason);
      running.io.emit("missed");
      await member.comeBack();
      expect(member.socket.recovered).to.be(true);
      expect(member.client.recovered).to.be(true);
      expect(member.socket.id).to.be(id);
      await settled(member);
      expect(member.seen.map(([name]) => name)).to.eql(["missed"]);
    });
  }
});

describe("a session is not kept", () => {
  for (const [reason, how] of Object.entries(final)) {
    it(`after ${reason} [53, 80]`, async () => {
      const running = await startServer(recovery);
      const member = await connectRecoverable(running);
      const { id } = member.socket;
      member.socket.join("x");
      member.socket.data.name = "Ada";
      expect(await end(member, how)).to.be(reason);
      running.io.emit("missed");
      await member.comeBack();
      expect(member.socket.recovered).to.be(false);
      expect(member.client.recovered).to.be(false);
      expect(member.socket.id).not.to.be(id);
      expect(member.client.id).to.be(member.socket.id);
      expect([...member.socket.rooms]).to.eql([member.socket.id]);
      expect(member.socket.data).to.eql({});
      await settled(member);
      expect(member.seen).to.eql([]);
    });
  }

  it("after disconnectSockets(), with or without closing the connection [68, 80]", async () => {
    const running = await startServer(recovery);
    for (const close of [false, true]) {
      const member = await connectRecoverable(running);
      const { id } = member.socket;
      await end(member, () => running.io.in(id).disconnectSockets(close));
      await member.comeBack();
      expect(member.socket.recovered).to.be(false);
      expect(member.socket.id).not.to.be(id);
      member.client.disconnect();
    }
  });

  it("in a namespace that is removed with its last client, by cleanupEmptyChildNamespaces [24, 80]", async () => {
    const { io, connect } = await startServer({ ...recovery, cleanupEmptyChildNamespaces: true });
    io.of(/^\/project-\d+$/).on("connection", (socket) => socket.emit("welcome"));
    const options = {
      transports: ["websocket"],
      reconnectionDelay: 1,
      reconnectionDelayMax: 1,
      forceNew: true,
    };
    const connectAndCut = async (name: string) => {
      const client = connect(name, options);
      await nextEvent(client, "welcome");
      const again = nextEvent(client, "connect");
      client.io.engine.close();
      await again;
      return client.recovered;
    };
    expect(await connectAndCut("/project-1")).to.be(false);
    await nextEvent(connect("/project-2", options), "welcome"); // stays
    expect(await connectAndCut("/project-2")).to.be(true);
  });

  it("longer than maxDisconnectionDuration [23, 79]", async () => {
    const running = await startServer({ connectionStateRecovery: { maxDisconnectionDuration: 1 } });
    const member = await connectRecoverable(running);
    const { id } = member.socket;
    await member.cut();
    const then = Date.now();
    running.io.emit("missed");
    await eventually(() => Date.now() > then + 1);
    await member.comeBack();
    expect(member.socket.recovered).to.be(false);
    expect(member.client.recovered).to.be(false);
    expect(member.socket.id).not.to.be(id);
    await settled(member);
    expect(member.seen).to.eql([]);
  });

  it("for a client that has received no event, and so has no offset [78]", async () => {
    const running = await startServer(recovery);
    const member = await connectMember(running, "/", { transports: ["websocket"], reconnection: false });
    const gone = nextEvent(member.socket, "disconnect");
    member.client.io.engine.close();
    await gone;
    const back = nextValue(running.io, "connection");
    member.client.connect();
    expect((await back).recovered).to.be(false);
  });
});

/** A session that can be recovered. */
async function waitingSession() {
  const running = await startServer(recovery);
  const member = await connectRecoverable(running);
  const offset = nextValue<string>(member.client, "offset please");
  member.socket.emit("offset please");
  return { running, member, pid: (member.client as any)._pid as string, offset: await offset };
}

describe("a client is recovered", () => {
  it("with the session id and the offset only, whichever client sends them [78]", async () => {
    const { running, member, pid, offset } = await waitingSession();
    await member.cut();
    expect(await recoveredWith(running, { pid, offset })).to.be(true);
  });
});

describe("a client is not recovered", () => {
  it("with an unknown session id [78]", async () => {
    const { running, member, offset } = await waitingSession();
    await member.cut();
    expect(await recoveredWith(running, { pid: "x".repeat(20), offset })).to.be(false);
    expect(await recoveredWith(running, { pid: member.socket.id, offset })).to.be(false);
  });

  it("with an unknown offset [78]", async () => {
    const { running, member, pid, offset } = await waitingSession();
    await member.cut();
    expect(await recoveredWith(running, { pid, offset: `${offset}?` })).to.be(false);
    expect(await recoveredWith(running, { pid, offset: "" })).to.be(false);
  });

  it("with a session id or an offset that is not a string, or missing [78]", async () => {
    const { running, member, pid, offset } = await waitingSession();
    await member.cut();
    for (const auth of [
      { pid },
      { offset },
      { pid: [pid], offset },
      { pid, offset: [offset] },
      { pid: null, offset: null },
      { pid: {}, offset: 1 },
    ]) {
      expect(await recoveredWith(running, auth)).to.be(false);
    }
  });

  it("in a namespace other than that of the session [78]", async () => {
    const { running, member, pid, offset } = await waitingSession();
    await member.cut();
    const stranger = await connectMember(running, "/chat", {
      transports: ["websocket"],
      auth: { pid, offset },
    });
    expect(stranger.socket.recovered).to.be(false);
  });

  // the library closes the connection first: see guard-session-reused.ts
  (subjectName === "reference" ? it : it.skip)(
    "while the session's socket is still connected [78]",
    async () => {
      const { running, member, pid, offset } = await waitingSession();
      expect(await recoveredWith(running, { pid, offset })).to.be(false);
      expect(member.socket.connected).to.be(true);
    },
  );

  it("on another server that keeps its sessions in memory [81]", async () => {
    const { running, member, pid, offset } = await waitingSession();
    await member.cut();
    const other = await startServer(recovery);
    expect(await recoveredWith(other, { pid, offset })).to.be(false);
    expect(await recoveredWith(running, { pid, offset })).to.be(true);
  });

  it("by a server without the option [78]", async () => {
    const other = await startServer();
    const { member, pid, offset } = await waitingSession();
    await member.cut();
    const { client, socket } = await connectMember(other, "/", {
      transports: ["websocket"],
      auth: { pid, offset },
    });
    expect(socket.recovered).to.be(false);
    expect(client.recovered).not.to.be(true);
    expect(socket.handshake.auth).to.eql({ pid, offset });
  });
});
