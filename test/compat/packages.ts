/** Members beyond the documentation that published packages and the reference's own examples use. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import expect from "expect.js";
import { PacketType } from "socket.io-parser";
import { onTestEnd } from "../support/cleanup";
import { connectMembers, type Member, settled } from "../support/members";
import { startServer } from "../support/server";
import { Server, subject } from "../support/subject";
import { nextEvent, nextValue } from "../support/waiting";

describe("what published packages rely on", () => {
  it("socket.packet() takes packets that an old adapter has encoded", async () => {
    const { io, pair } = await startServer();
    const { client, socket } = await pair();
    const received = nextEvent(client, "hello");
    const packet = { type: PacketType.EVENT, nsp: "/", data: ["hello", "world"] };
    (socket as any).packet((io as any).encoder.encode(packet), { preEncoded: true });
    expect(await received).to.eql(["world"]);
  });

  it("socket.packet() takes packets that are not encoded yet", async () => {
    const { pair } = await startServer();
    const { client, socket } = await pair("/chat");
    const received = nextEvent(client, "hello");
    (socket as any).packet({ type: PacketType.EVENT, data: ["hello", "world"] });
    expect(await received).to.eql(["world"]);
  });

  it("socket.onevent may be replaced, to see every event", async () => {
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

  it("socket.adapter is the adapter that has its rooms", async () => {
    const { io, pair } = await startServer();
    const { socket } = await pair();
    expect((socket as any).adapter).to.be(io.of("/").adapter);
  });

  it("Server.sendFile may be replaced, to serve the client from elsewhere [11]", async () => {
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

  it("socket.ack(id) makes the function that answers a packet, once", async () => {
    const { io, connect } = await startServer();
    let answers = 0;
    io.on("connection", (socket: any) => {
      socket.onAnyOutgoing(() => answers++);
      // what wrappers do that hear every event themselves
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
    it(`${title}.apply(socket, args) sends to the rooms of the socket`, async () => {
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

  it("io._opts and io._serveClient tell what the server was given", () => {
    const io = new Server({ path: "/live", serveClient: false }) as any;
    expect(io._opts.path).to.be("/live");
    expect(io._serveClient).to.be(false);
    const plain = new Server() as any;
    expect(plain._opts.path).to.be(undefined);
    expect(plain._serveClient).to.be(true);
  });

  it("io.attachServe(httpServer) serves the browser client there [11]", async () => {
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

  it("sockets, servers and namespaces may be given members of many names", async () => {
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

  it("the main export is not bound to `new`", () => {
    const io = subject();
    expect(io).to.be.a(Server);
  });
});
