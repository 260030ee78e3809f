/** Clients without Socket.IO: engine.io-client with encoded packets, plain WebSocket, plain HTTP. */
import { request } from "node:http";
import { Socket as EngineClient } from "engine.io-client";
import expect from "expect.js";
import type { Socket } from "socket.io";
import { WebSocket } from "ws";
import { onTestEnd } from "../support/cleanup";
import { eventually, nextEvent, nextValue } from "../support/waiting";
import { serve } from "./support/served";
import { tested } from "./support/tested";

tested({ area: "Clients", name: "engine.io-client", packages: ["engine.io-client"] }, () => {
  function open(url: string, transports: string[]) {
    const engine = new EngineClient(url, { path: "/socket.io", transports: transports as any });
    onTestEnd(() => engine.close());
    const messages: any[] = [];
    let taken = 0;
    engine.on("message", (message) => messages.push(message));
    const next = async () => {
      await eventually(() => messages.length > taken);
      return messages[taken++];
    };
    return { engine, next };
  }

  for (const transports of [["polling"], ["websocket"], ["polling", "websocket"]]) {
    it(`exchanges packets that the test encodes, over ${transports.join(", then ")}`, async () => {
      const { io, url } = await serve();
      const { engine, next } = open(url, transports);
      const connection = nextValue<Socket>(io, "connection");
      const last = transports.at(-1);
      const upgraded = transports.length > 1 ? nextEvent(engine as any, "upgrade") : undefined;
      engine.send('0{"token":"a"}');
      const socket = await connection;
      await upgraded;
      expect(socket.handshake.auth).to.eql({ token: "a" });
      expect(await next()).to.be(`0{"sid":"${socket.id}"}`);
      expect(engine.transport.name).to.be(last);

      socket.on("question", (text, reply) => reply(`${text}!`, socket.id));
      engine.send('27["question","why"]');
      expect(await next()).to.be(`37["why!","${socket.id}"]`);

      const bytes = nextEvent(socket, "bytes");
      engine.send('52-["bytes",{"_placeholder":true,"num":0},[{"_placeholder":true,"num":1}]]');
      engine.send(Buffer.from([1, 2]));
      engine.send(Buffer.from([3]));
      expect(await bytes).to.eql([Buffer.from([1, 2]), [Buffer.from([3])]]);

      const answer = socket.emitWithAck("bytes", Buffer.from([4, 5]));
      expect(await next()).to.be('51-0["bytes",{"_placeholder":true,"num":0}]');
      expect([...(await next())]).to.eql([4, 5]);
      engine.send('61-0[{"_placeholder":true,"num":0}]');
      engine.send(Buffer.from([6]));
      expect(await answer).to.eql(Buffer.from([6]));
    });
  }

  it("joins and leaves a namespace, and is refused by another namespace", async () => {
    const { io, url } = await serve();
    const chat = io.of("/chat");
    const { engine, next } = open(url, ["websocket"]);
    const connection = nextValue<Socket>(chat, "connection");
    engine.send('0/chat,{"name":"Ada"}');
    const socket = await connection;
    expect(socket.handshake.auth).to.eql({ name: "Ada" });
    expect(await next()).to.be(`0/chat,{"sid":"${socket.id}"}`);
    engine.send("0/nowhere,");
    expect(await next()).to.be('4/nowhere,{"message":"Invalid namespace"}');
    chat.emit("text", 1);
    expect(await next()).to.be('2/chat,["text",1]');
    const left = nextValue(socket, "disconnect");
    engine.send("1/chat,");
    expect(await left).to.be("client namespace disconnect");
  });

  it("is disconnected after invalid packets", async () => {
    const { io, url } = await serve();
    for (const message of ["9", '2["half', "2{}", '51-["bytes",{"_placeholder":true,"num":1}]', "hello"]) {
      const { engine } = open(url, ["websocket"]);
      const connection = nextValue<Socket>(io, "connection");
      engine.send("0");
      const socket = await connection;
      const closed = nextEvent(engine as any, "close");
      const left = nextValue(socket, "disconnect");
      engine.send(message);
      if (message.startsWith("51-")) {
        engine.send(Buffer.from([1]));
      }
      expect(await left).to.be("forced close");
      expect((await closed)[0]).to.be("transport close");
    }
  });
});

tested({ area: "Clients", name: "Plain WebSocket and HTTP", packages: ["ws"] }, () => {
  function open(url: string, path: string): WebSocket {
    const webSocket = new WebSocket(url.replace("http", "ws") + path);
    onTestEnd(() => webSocket.terminate());
    webSocket.on("error", () => {});
    return webSocket;
  }

  /** The status and the body of the response that refuses a WebSocket. */
  async function refusal(webSocket: WebSocket): Promise<[number, string]> {
    const [, response] = await nextEvent(webSocket, "unexpected-response");
    const chunks: Buffer[] = [];
    response.on("data", (chunk: Buffer) => chunks.push(chunk));
    await nextEvent(response, "end");
    return [response.statusCode, Buffer.concat(chunks).toString()];
  }

  async function get(url: string, method = "GET"): Promise<[number, unknown]> {
    const response = await fetch(url, { method });
    const body = await response.text();
    return [response.status, body === "" ? "" : JSON.parse(body)];
  }

  it("a WebSocket without a transport, or with an unknown session, is refused with a reason", async () => {
    const { url } = await serve();
    expect(await refusal(open(url, "/socket.io/"))).to.eql([400, "Transport unknown"]);
    expect(await refusal(open(url, "/socket.io/?EIO=4&transport=websocket&sid=stranger"))).to.eql([
      400,
      "Session ID unknown",
    ]);
  });

  it("a WebSocket with the protocol of version 2 is closed without `allowEIO3`", async () => {
    const { io, url } = await serve();
    await nextEvent(open(url, "/socket.io/?EIO=3&transport=websocket"), "close");
    expect(io.engine.clientsCount).to.be(0);
  });

  it("a WebSocket for another path is closed", async () => {
    const { url } = await serve({ destroyUpgradeTimeout: 50 });
    for (const path of ["/", "/chat", "/socket.iox/?EIO=4&transport=websocket"]) {
      const webSocket = open(url, path);
      await nextEvent(webSocket, "close");
      expect(webSocket.readyState).to.be(WebSocket.CLOSED);
    }
  });

  it("a WebSocket that sends nothing is closed after `connectTimeout`", async () => {
    const { io, url } = await serve({ connectTimeout: 50 });
    const webSocket = open(url, "/socket.io/?EIO=4&transport=websocket");
    const [handshake] = await nextEvent(webSocket, "message");
    expect(Object.keys(JSON.parse(handshake.toString().slice(1)))).to.contain("sid");
    await nextEvent(webSocket, "close");
    await eventually(() => io.engine.clientsCount === 0);
  });

  it("a WebSocket with another protocol is closed", async () => {
    const { io, url } = await serve();
    for (const message of ["hello", "", '{"type":"hello"}', Buffer.from([1, 2, 3])]) {
      const webSocket = open(url, "/socket.io/?EIO=4&transport=websocket");
      await nextEvent(webSocket, "message");
      webSocket.send(message);
      await nextEvent(webSocket, "close");
      await eventually(() => io.engine.clientsCount === 0);
    }
  });

  it("the application gets HTTP requests for other paths, and invalid requests are refused with a reason", async () => {
    const { url } = await serve({}, (req, res) => {
      res.writeHead(404);
      res.end(JSON.stringify(req.url));
    });
    expect(await get(`${url}/`)).to.eql([404, "/"]);
    expect(await get(`${url}/socket.iox/`)).to.eql([404, "/socket.iox/"]);
    const unknown = { code: 0, message: "Transport unknown" };
    expect(await get(`${url}/socket.io/`)).to.eql([400, unknown]);
    expect(await get(`${url}/socket.io/?EIO=4&transport=carrier-pigeon`)).to.eql([400, unknown]);
    expect(await get(`${url}/socket.io/?EIO=4&transport=polling`, "POST")).to.eql([
      400,
      { code: 2, message: "Bad handshake method" },
    ]);
  });

  it("an upgrade to another protocol is closed, and others are served", async () => {
    const { url } = await serve({ destroyUpgradeTimeout: 50 });
    const headers = { connection: "upgrade", upgrade: "carrier-pigeon" };
    for (const path of ["/", "/socket.io/?EIO=4&transport=websocket"]) {
      const upgrade = request(url + path, { headers }).end();
      upgrade.on("error", () => {});
      upgrade.on("response", (response) => response.resume());
      await nextEvent(upgrade, "close");
    }
    const webSocket = open(url, "/socket.io/?EIO=4&transport=websocket");
    await nextEvent(webSocket, "message");
  });
});
