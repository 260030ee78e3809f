/** Undocumented members that published packages and examples of the reference server use. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import expect from "expect.js";
import { PacketType } from "socket.io-parser";
import { onTestEnd } from "../support/cleanup";
import { connectMembers, type Member, settled } from "../support/members";
import { startServer } from "../support/server";
import { Server, subject } from "../support/subject";
import { nextEvent, nextValue } from "../support/waiting";

describe("published packages", () => {
  it("call socket.packet() with packets that an old adapter has encoded", async () => {
    const { io, pair } = await startServer();
    const { client, socket } = await pair();
    const received = nextEvent(client, "hello");
    const packet = { type: PacketType.EVENT, nsp: "/", data: ["hello", "world"] };
    (socket as any).packet((io as any).encoder.encode(packet), { preEncoded: true });
    expect(await received).to.eql(["world"]);
  });

  it("call socket.packet() with packets that are not encoded", async () => {
    const { pair } = await startServer();
    const { client, socket } = await pair("/chat");
    const received = nextEvent(client, "hello");
    (socket as any).packet({ type: PacketType.EVENT, data: ["hello", "world"] });
    expect(await received).to.eql(["world"]);
  });

  it("replace socket.onevent, to observe every event", async () => {
    const { io, connect } = await startServer();
    const seen: unknown[] = [];
    io.on("connection", (socket: any) => {
      const { onevent } = socket;
      socket.onevent = function (this: unknown, packet: { data: unknown[] }) {
        seen.push(packet.data);
        onevent.call(this, packet);
      };
      socket.on("hello", (value: string, reply: (value: string) => void) => reply(value));
    });
    expect(await connect().emitWithAck("hello", "there")).to.be("there");
    expect(seen).to.have.length(1);
    expect((seen[0] as unknown[]).slice(0, 2)).to.eql(["hello", "there"]);
  });

  it("use socket.adapter, the adapter with the rooms of the socket", async () => {
    const { io, pair } = await startServer();
    const { socket } = await pair();
    expect((socket as any).adapter).to.be(io.of("/").adapter);
  });

  it("replace Server.sendFile, to serve the client files from elsewhere [11]", async () => {
    const { url } = await startServer();
    const { sendFile } = Server as any;
    (Server as any).sendFile = (filename: string, _req: unknown, res: any) => res.end(`// ${filename}`);
    try {
      const response = await fetch(`${url}/socket.io/socket.io.js?v=1`);
      expect(await response.text()).to.be("// socket.io.js");
      expect(response.headers.get("content-type")).to.be("application/javascript; charset=utf-8");
      expect(response.headers.get("etag")).not.to.be(null);
    } finally {
      (Server as any).sendFile = sendFile;
    }
  });

  it("call socket.ack(id), which creates the function that acknowledges a packet once", async () => {
    const { io, connect } = await startServer();
    let answers = 0;
    io.on("connection", (socket: any) => {
      socket.onAnyOutgoing(() => answers++);
      // wrappers that receive every event do this
      socket.onevent = function (this: any, packet: { id?: number; data: unknown[] }) {
        const answer = this.ack(packet.id);
        answer("got", ...packet.data);
        answer("again");
      };
    });
    const client = connect();
    const answered = new Promise<unknown[]>((resolve) => {
      client.emit("hello", 1, (...answer: unknown[]) => resolve(answer));
    });
    expect(await answered).to.eql(["got", "hello", 1]);
    const received: string[] = [];
    client.io.engine.on("packet", ({ data }: { data?: string }) => data && received.push(data));
    await client.emitWithAck("hello", 2);
    expect(received).to.have.length(1);
    expect(answers).to.be(0);
  });

  for (const [title, verb] of [
    ["socket.broadcast.emit", (socket: any) => socket.broadcast.emit],
    ["socket.to(room).emit", (socket: any) => socket.to("elsewhere").emit],
    ["socket.volatile.to(room).emit", (socket: any) => socket.volatile.to("elsewhere").emit],
  ] as const) {
    it(`call ${title}.apply(socket, args), which sends to the rooms of the socket`, async () => {
      const running = await startServer();
      const members = (await connectMembers(running, 3)) as [Member, Member, Member];
      const [{ socket }, neighbour] = members;
      socket.join("room");
      neighbour.socket.join("room");
      expect(verb(socket).apply(socket, ["hello", 1])).to.be(true);
      await settled(...members);
      expect(members.map(({ seen }) => seen)).to.eql([[["hello", 1]], [["hello", 1]], []]);
    });
  }

  it("read io._opts and io._serveClient, the options that the server was given", () => {
    const io = new Server({ path: "/live", serveClient: false }) as any;
    expect(io._opts.path).to.be("/live");
    expect(io._serveClient).to.be(false);
    const plain = new Server() as any;
    expect(plain._opts.path).to.be(undefined);
    expect(plain._serveClient).to.be(true);
  });

  it("call io.attachServe(httpServer), which serves the client files there [11]", async () => {
    const { io } = await startServer({ path: "/live" });
    const another = createServer((_req, res) => res.end("the application"));
    another.listen(0);
    onTestEnd(() => another.closeAllConnections());
    onTestEnd(() => another.close());
    await nextEvent(another, "listening");
    const url = `http://localhost:${(another.address() as AddressInfo).port}`;
    (io as any).attachServe(another);
    const served = await fetch(`${url}/live/socket.io.min.js`);
    expect(served.status).to.be(200);
    expect(await served.text()).to.contain("Socket.IO v");
    expect(await (await fetch(`${url}/other`)).text()).to.be("the application");
  });

  it("add members with many names to sockets, servers and namespaces", async () => {
    const names =
      "user,name,room,left,right,incoming,outgoing,middlewares,cleanup,fail,receive,refuse,admit,hear,flush," +
      "acknowledge,takeFlags,namespaces,given,announce,inherit,add,remove,state,session,username,token,queue,index";
    const { io, connect } = await startServer();
    for (const name of names.split(",")) {
      (io as any)[name] = `my ${name}`;
      if (name !== "name") {
        (io.of("/") as any)[name] = `my ${name}`;
      }
    }
    io.on("connection", (socket: any) => {
      for (const name of names.split(",")) {
        socket[name] = `my ${name}`;
      }
      socket.on("hello", (reply: (rooms: string[]) => void) => {
        socket.join("room");
        io.of("/another").emit("hello");
        reply([...socket.rooms]);
      });
    });
    const client = connect();
    expect(await client.emitWithAck("hello")).to.eql([client.id, "room"]);
    const socket = io.sockets.sockets.get(client.id as string) as any;
    const gone = nextValue(socket, "disconnect");
    client.disconnect();
    await gone;
    expect(io.sockets.sockets.size).to.be(0);
    expect(io.of("/").adapter.rooms.size).to.be(0);
  });

  it("call the main export without `new`", () => {
    const io = subject();
    expect(io).to.be.a(Server);
  });
});
