/** The JavaScript clients on npm, of each major version, over each transport. */
import expect from "expect.js";
import type { ServerOptions, Socket } from "socket.io";
import { io as connect4 } from "socket.io-client";
import { io as connect3 } from "socket.io-client-v3";
import { onTestEnd } from "../support/cleanup";
import { eventually, nextEvent, nextValue } from "../support/waiting";
import { type Served, serve } from "./support/served";
import { tested } from "./support/tested";

type Connect = (url: string, options: object) => any;

interface Kind {
  name: string;
  package: string;
  connect: Connect;
  major: 2 | 3 | 4;
  serverOptions?: Partial<ServerOptions>;
  remark?: string;
}

const kinds: Kind[] = [
  { name: "socket.io-client 4", package: "socket.io-client", connect: connect4, major: 4 },
  { name: "socket.io-client 3", package: "socket.io-client-v3", connect: connect3 as Connect, major: 3 },
  {
    name: "socket.io-client 2",
    package: "socket.io-client-v2",
    connect: require("socket.io-client-v2"),
    major: 2,
    serverOptions: { allowEIO3: true },
    remark: "Set `allowEIO3: true`, since these clients use the protocol of Socket.IO 2.",
  },
];

const ways = [["polling", "websocket"], ["websocket"], ["polling"]];

for (const kind of kinds) {
  tested({ area: "Clients", name: kind.name, packages: [kind.package], remark: kind.remark }, () => {
    for (const transports of ways) {
      describe(`over ${transports.join(", then ")}`, () => exchanges(kind, transports));
    }
    for (const transports of ways.slice(1)) {
      describe(`over ${transports.join()}`, () => leaves(kind, transports));
    }
    enters(kind);
    comesBack(kind);
  });
}

function client({ connect }: Kind, url: string, options: object = {}): any {
  const socket = connect(url, {
    forceNew: true,
    reconnection: false,
    reconnectionDelay: 20,
    reconnectionDelayMax: 50,
    ...options,
  });
  onTestEnd(() => socket.disconnect());
  return socket;
}

interface Pair {
  near: any;
  far: Socket;
}

/** A client and its socket on the server, once they use the last of the transports. */
async function pair(
  kind: Kind,
  { io, url }: Served,
  options: { transports: string[]; reconnection?: boolean },
): Promise<Pair> {
  const connection = nextValue<Socket>(io, "connection");
  const near = client(kind, url, options);
  const connected = nextEvent(near, "connect");
  const far = await connection;
  await connected;
  const last = options.transports.at(-1);
  if (near.io.engine.transport.name !== last) {
    await nextEvent(near.io.engine, "upgrade");
  }
  expect(near.io.engine.transport.name).to.be(last);
  return { near, far };
}

function exchanges(kind: Kind, transports: string[]): void {
  const open = async () => pair(kind, await serve(kind.serverOptions), { transports });

  it("events arrive in order in both directions", async () => {
    const { near, far } = await open();
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      const seen: unknown[] = [];
      to.on("number", (number: number) => seen.push(number));
      const last = nextEvent(to, "last");
      for (let number = 0; number < 50; number++) {
        from.emit("number", number);
      }
      from.emit("last", { text: "ü€😀", deep: [null, 1.5, { yes: true }] }, "second");
      expect(await last).to.eql([{ text: "ü€😀", deep: [null, 1.5, { yes: true }] }, "second"]);
      expect(seen).to.eql(Array.from({ length: 50 }, (_, number) => number));
    }
  });

  it("binary data arrive in both directions, nested and large", async () => {
    const { near, far } = await open();
    const large = Buffer.alloc(300_000, "0123456789");
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      const came = nextEvent(to, "bytes");
      from.emit("bytes", Buffer.from([0, 1, 255]), { deep: [new Uint8Array([7, 8])] }, large);
      const [bytes, { deep }, whole] = await came;
      expect([...bytes]).to.eql([0, 1, 255]);
      expect([...deep[0]]).to.eql([7, 8]);
      expect(large.equals(whole)).to.be(true);
    }
  });

  it("both sides answer, also with binary data", async () => {
    const { near, far } = await open();
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      to.on("question", (number: number, reply: (...args: unknown[]) => void) => {
        reply(number + 1, Buffer.from([number]));
      });
      const answers = [1, 2, 3].map(
        (number) =>
          new Promise<[number, Buffer]>((resolve) => {
            from.emit("question", number, (next: number, bytes: Buffer) => resolve([next, bytes]));
          }),
      );
      expect((await Promise.all(answers)).map(([next, bytes]) => [next, ...bytes])).to.eql([
        [2, 1],
        [3, 2],
        [4, 3],
      ]);
    }
  });

  it("a broadcast reaches the members of a room", async () => {
    const served = await serve(kind.serverOptions);
    const members = [
      await pair(kind, served, { transports }),
      await pair(kind, served, { transports }),
      await pair(kind, served, { transports }),
    ];
    const seen = members.map(() => [] as string[]);
    for (const [number, { near, far }] of members.entries()) {
      near.on("text", (text: string) => seen[number]!.push(text));
      if (number > 0) {
        far.join("room");
      }
    }
    const marks = members.map(({ near }) => nextEvent(near, "mark"));
    served.io.to("room").emit("text", "to the room");
    members[1]!.far.to("room").emit("text", "to the others of the room");
    served.io.emit("mark");
    await Promise.all(marks);
    expect(seen).to.eql([[], ["to the room"], ["to the room", "to the others of the room"]]);
  });
}

function leaves(kind: Kind, transports: string[]): void {
  const open = async (options: Partial<ServerOptions> = {}) => {
    const served = await serve({ ...kind.serverOptions, ...options });
    const { near, far } = await pair(kind, served, { transports });
    const reasons = Promise.all([
      nextValue<string>(near, "disconnect"),
      nextValue<string>(far, "disconnect"),
    ]);
    return { near, far, reasons, ...served };
  };

  it("both sides learn the reason when the client leaves", async () => {
    const { near, reasons } = await open();
    near.disconnect();
    expect(await reasons).to.eql(["io client disconnect", "client namespace disconnect"]);
  });

  it("both sides learn the reason when the server disconnects the client", async () => {
    for (const close of [false, true]) {
      const { far, reasons } = await open();
      far.disconnect(close);
      expect(await reasons).to.eql(["io server disconnect", "server namespace disconnect"]);
    }
  });

  it("both sides learn the reason when the client closes the connection", async () => {
    const { near, reasons } = await open();
    near.io.engine.close();
    expect(await reasons).to.eql(["forced close", "transport close"]);
  });

  // a client of v2 sends pings, and may notice before the server does
  if (kind.major > 2) {
    it("both sides learn the reason when the client stops answering", async () => {
      const { near, reasons } = await open({ pingInterval: 300, pingTimeout: 300 });
      near.io.engine.transport.send = () => {};
      expect(await reasons).to.eql(["transport close", "ping timeout"]);
    });
  }

  it("both sides learn the reason when the server stops", async () => {
    const { far, stop, reasons } = await open();
    // a client between two requests receives no notice
    await eventually(() => far.conn.transport.writable);
    await stop();
    expect(await reasons).to.eql(["transport close", "server shutting down"]);
  });
}

function enters(kind: Kind): void {
  it("joins two namespaces over one connection, each with its own auth", async () => {
    const { io, url } = await serve(kind.serverOptions);
    io.of("/chat");
    const manager = client(kind, url, { query: { page: "one" } }).io;
    // a client of v2 sends it in the query of the namespace
    const chat =
      kind.major === 2
        ? manager.socket("/chat", { query: "token=a" })
        : manager.socket("/chat", { auth: { token: "a" } });
    const inMain = nextValue<Socket>(io, "connection");
    const far = await nextValue<Socket>(io.of("/chat"), "connection");
    expect(far.handshake.auth.token).to.be("a");
    expect(far.handshake.query.page).to.be("one");
    expect((await inMain).handshake.query.page).to.be("one");
    expect((await inMain).conn).to.be(far.conn);
    const heard = nextValue(chat, "text");
    far.nsp.emit("text", "in the chat");
    expect(await heard).to.be("in the chat");
    const left = nextValue(far, "disconnect");
    chat.disconnect();
    expect(await left).to.be("client namespace disconnect");
    expect((await inMain).connected).to.be(true);
  });

  it("receives the reason when a middleware refuses it", async () => {
    const { io, url } = await serve(kind.serverOptions);
    io.of("/members").use((_socket, next) => {
      next(Object.assign(new Error("not allowed"), { data: { code: 42 } }));
    });
    const refused = client(kind, `${url}/members`);
    const [error] = await nextEvent(refused, kind.major === 2 ? "error" : "connect_error");
    if (kind.major === 2) {
      expect(error).to.eql({ code: 42 });
    } else {
      expect([error.message, error.data]).to.eql(["not allowed", { code: 42 }]);
    }
    expect(refused.connected).to.be(false);
    expect(io.of("/members").sockets.size).to.be(0);
  });

  it("receives an error for a namespace that does not exist", async () => {
    const { url } = await serve(kind.serverOptions);
    const refused = client(kind, `${url}/nowhere`);
    const [error] = await nextEvent(refused, kind.major === 2 ? "error" : "connect_error");
    expect(error.message).to.be("Invalid namespace");
  });

  if (kind.major === 2) {
    it("is refused without `allowEIO3`", async () => {
      const { url } = await serve();
      for (const transport of ["polling", "websocket"]) {
        const refused = client(kind, url, { transports: [transport] });
        expect((await nextEvent(refused, "connect_error"))[0]).to.be.an(Error);
      }
    });
  }
}

function comesBack(kind: Kind): void {
  for (const transports of ways) {
    it(`reconnects after a restart of the server, over ${transports.join(", then ")}`, async () => {
      const served = await serve(kind.serverOptions);
      const { near, far } = await pair(kind, served, { transports, reconnection: true });
      const { id } = near;
      const gone = nextEvent(near, "disconnect");
      await served.stop();
      await gone;
      near.emit("while away", 1);
      const connection = nextValue<Socket>(served.io, "connection");
      const connected = nextEvent(near, "connect");
      await served.start();
      const again = await connection;
      const kept = nextValue(again, "while away");
      await connected;
      expect(near.id).not.to.be(id);
      expect(again).not.to.be(far);
      expect(await kept).to.be(1);
    });
  }

  if (kind.major < 4) {
    return;
  }
  for (const transports of ways) {
    it(`recovers its session and its missed events, over ${transports.join(", then ")}`, async () => {
      const served = await serve({ connectionStateRecovery: {} });
      const { near, far } = await pair(kind, served, { transports, reconnection: true });
      const { id } = near;
      far.join("room");
      far.data.name = "Ada";
      const first = nextEvent(near, "text");
      far.emit("text", "first");
      await first;
      const gone = nextEvent(near, "disconnect");
      await served.stop();
      await gone;
      const seen: unknown[] = [];
      near.on("text", (text: unknown) => seen.push(text));
      served.io.to("room").emit("text", Buffer.from("to the room"));
      served.io.to("another room").emit("text", "to another room");
      served.io.emit("text", "to all");
      const connection = nextValue<Socket>(served.io, "connection");
      const connected = nextEvent(near, "connect");
      await served.start();
      const again = await connection;
      await connected;
      const marked = nextEvent(near, "mark");
      again.emit("mark");
      await marked;
      expect([near.id, near.recovered, again.recovered]).to.eql([id, true, true]);
      expect(again.data).to.eql({ name: "Ada" });
      expect(again.rooms.has("room")).to.be(true);
      expect(seen).to.eql([Buffer.from("to the room"), "to all"]);
    });
  }
}
