/** Members beyond the documentation that published packages and the reference's own examples use. */
import expect from "expect.js";
import { PacketType } from "socket.io-parser";
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
