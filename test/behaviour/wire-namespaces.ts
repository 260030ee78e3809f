import expect from "expect.js";
import { stopClock } from "../support/clock";
import { type Running, startServer } from "../support/server";
import { eventually, nextEvent, nextValue } from "../support/waiting";
import { type OpenedWire, openPolling, openWire } from "../support/wire";

async function joined(running: Running, namespace = "/"): Promise<{ wire: OpenedWire; socket: any }> {
  const connected = nextValue(running.io.of(namespace), "connection");
  const wire = await openWire(running.url);
  await wire.join(namespace);
  return { wire, socket: await connected };
}

/** Answers each "question" of the namespace, so that clients can check that they are still connected to it. */
function answerQuestions({ io }: Running, namespace = "/"): void {
  io.of(namespace).on("connection", (socket) => {
    socket.on("question", (answer: (text: string) => void) => answer("yes"));
  });
}

describe("CONNECT", () => {
  it("is answered with the id of the socket in that namespace [83]", async () => {
    const running = await startServer();
    const { io, url } = running;
    const sids: string[] = [];
    for (const namespace of ["/", "/chat", "/chat/deep-er.1"]) {
      io.of(namespace).on("connection", (socket) => sids.push(socket.id));
    }
    const wire = await openWire(url);
    const answers = [await wire.join(), await wire.join("/chat"), await wire.join("/chat/deep-er.1")];
    expect(answers).to.eql([
      `40{"sid":"${sids[0]}"}`,
      `40/chat,{"sid":"${sids[1]}"}`,
      `40/chat/deep-er.1,{"sid":"${sids[2]}"}`,
    ]);
  });

  it("needs no comma after the namespace [83]", async () => {
    const running = await startServer();
    running.io.of("/chat");
    const wire = await openWire(running.url);
    wire.send("40/chat");
    expect(await wire.next()).to.match(/^40\/chat,\{"sid"/);
  });

  it("of an unknown namespace is answered with CONNECT_ERROR, and the connection remains open [45, 83]", async () => {
    const running = await startServer();
    answerQuestions(running);
    const { wire } = await joined(running);
    expect(await wire.join("/nope")).to.be('44/nope,{"message":"Invalid namespace"}');
    wire.send('421["question"]');
    expect(await wire.next()).to.be('431["yes"]');
  });

  it("does not separate a query from the name [83, 85]", async () => {
    const running = await startServer();
    running.io.of("/chat");
    const wire = await openWire(running.url);
    expect(await wire.join("/chat?token=x")).to.be('44/chat?token=x,{"message":"Invalid namespace"}');
  });

  it("that a middleware refuses is answered with CONNECT_ERROR with message and data, and can be repeated [47]", async () => {
    const running = await startServer();
    running.io.use((socket, next) => {
      const { token } = socket.handshake.auth;
      next(token ? undefined : Object.assign(new Error("no token"), { data: { code: 7 } }));
    });
    const wire = await openWire(running.url);
    expect(await wire.join()).to.be('44{"message":"no token","data":{"code":7}}');
    expect(await wire.join("/", { token: "x" })).to.match(/^40\{"sid"/);
  });

  it("of a namespace that is joined already closes the connection cleanly [83]", async () => {
    const running = await startServer();
    running.io.of("/chat");
    const { wire, socket } = await joined(running);
    await wire.join("/chat");
    const disconnected = nextEvent(socket, "disconnect");
    wire.send("40");
    expect(await wire.closed).to.be(1005);
    expect((await disconnected)[0]).to.be("forced close");
    expect(running.io.engine.clientsCount).to.be(0);
    expect(running.io.of("/chat").sockets.size).to.be(0);
  });

  it("that does not arrive before connectTimeout: the connection is closed cleanly [21]", async () => {
    const { io, url } = await startServer({ connectTimeout: 20 });
    const closed = nextValue(io.engine, "connection").then((conn) => nextEvent(conn, "close"));
    const wire = await openWire(url);
    expect(await wire.closed).to.be(1005);
    expect((await closed)[0]).to.be("forced close");
    expect(io.engine.clientsCount).to.be(0);
  });

  it("that does not arrive before connectTimeout closes polling connections too [21]", async () => {
    const { url } = await startServer({ connectTimeout: 20 });
    const wire = await openPolling(url);
    expect(await wire.poll()).to.contain("1");
  });

  it("of an unknown namespace does not keep the connection beyond connectTimeout [21]", async () => {
    const clock = stopClock();
    const { url } = await startServer({ connectTimeout: 100 });
    const wire = await openWire(url);
    expect(await wire.join("/nope")).to.match(/^44/);
    clock.tick(100);
    expect(await wire.closed).to.be(1005);
  });

  it("of any namespace keeps the connection; the main namespace is not required [21, 46]", async () => {
    const clock = stopClock();
    const running = await startServer({ connectTimeout: 100 });
    const idle = await openWire(running.url);
    answerQuestions(running, "/chat");
    const { wire } = await joined(running, "/chat");
    // a connection that was opened later would be closed after this one
    const later = await openWire(running.url);
    clock.tick(100);
    expect(await idle.closed).to.be(1005);
    expect(await later.closed).to.be(1005);
    wire.send('42/chat,1["question"]');
    expect(await wire.next()).to.be('43/chat,1["yes"]');
  });
});

describe("a connection whose client has left all namespaces", () => {
  it("remains open beyond connectTimeout [21, 83]", async () => {
    const clock = stopClock();
    const running = await startServer({ connectTimeout: 100 });
    const { wire, socket } = await joined(running);
    const disconnected = nextEvent(socket, "disconnect");
    wire.send("41");
    await disconnected;
    // a connection that was opened later would be closed after this one
    const later = await openWire(running.url);
    clock.tick(100);
    expect(await later.closed).to.be(1005);
    expect(await wire.join()).to.match(/^40\{"sid"/);
  });
});

describe("a packet for a namespace that is not joined", () => {
  for (const packet of [
    '42["hello"]',
    '43/chat,1["hello"]',
    "41",
    '42/nope,["hello"]',
    '44{"message":"x"}',
  ]) {
    it(`${packet} before CONNECT closes the connection [83]`, async () => {
      const running = await startServer();
      running.io.of("/chat");
      const wire = await openWire(running.url);
      wire.send(packet);
      expect(await wire.closed).to.be(1005);
    });
  }

  it("closes a connection with joined namespaces too [83]", async () => {
    const running = await startServer();
    const { wire, socket } = await joined(running);
    const disconnected = nextEvent(socket, "disconnect");
    wire.send('42/chat,["hello"]');
    expect((await disconnected)[0]).to.be("forced close");
    expect(await wire.closed).to.be(1005);
  });

  it("arrives too early if it follows CONNECT directly [83]", async () => {
    const running = await startServer();
    const wire = await openPolling(running.url);
    await wire.post("40", '42["hello"]');
    expect(await wire.poll()).to.contain("1");
    expect(running.io.sockets.sockets.size).to.be(0);
  });

  it("CONNECT_ERROR closes the connection even in a joined namespace: clients do not send it [83]", async () => {
    const { wire, socket } = await joined(await startServer());
    const disconnected = nextEvent(socket, "disconnect");
    wire.send('44{"message":"x"}');
    expect((await disconnected)[0]).to.be("forced close");
  });
});

describe("DISCONNECT", () => {
  it("leaves one namespace; the others and the connection remain [51, 83]", async () => {
    const running = await startServer();
    answerQuestions(running);
    const { wire, socket: chat } = await joined(running, "/chat");
    await wire.join();
    const disconnected = nextEvent(chat, "disconnect");
    wire.send("41/chat,");
    expect((await disconnected)[0]).to.be("client namespace disconnect");
    wire.send('421["question"]');
    expect(await wire.next()).to.be('431["yes"]');
    expect(running.io.of("/chat").sockets.size).to.be(0);
  });

  it("allows the client to join the namespace again, as another socket [83]", async () => {
    const running = await startServer();
    const { wire, socket } = await joined(running);
    const disconnected = nextEvent(socket, "disconnect");
    wire.send("41");
    await disconnected;
    const again = nextValue(running.io, "connection");
    expect(await wire.join()).to.be(`40{"sid":"${(await again).id}"}`);
    expect((await again).id).not.to.be(socket.id);
  });

  it("of the server has the name of the namespace; the connection remains open [61, 83]", async () => {
    const running = await startServer();
    const { wire, socket } = await joined(running, "/chat");
    await wire.join();
    const disconnected = nextEvent(socket, "disconnect");
    socket.disconnect();
    expect(await wire.next()).to.be("41/chat,");
    expect((await disconnected)[0]).to.be("server namespace disconnect");
    expect(wire.ws.readyState).to.be(wire.ws.OPEN);
  });
});

describe("EVENT and ACK", () => {
  it("have packet ids from the side that requests the acknowledgement, per namespace [55, 83]", async () => {
    const running = await startServer();
    answerQuestions(running);
    answerQuestions(running, "/chat");
    const { wire } = await joined(running);
    await wire.join("/chat");
    wire.send('420["question"]', '42/chat,0["question"]', '42/chat,123456["question"]');
    expect([await wire.next(), await wire.next(), await wire.next()]).to.eql([
      '430["yes"]',
      '43/chat,0["yes"]',
      '43/chat,123456["yes"]',
    ]);
  });

  it("an unexpected acknowledgement is ignored, as is a second one [55, 83]", async () => {
    const running = await startServer();
    answerQuestions(running);
    const { wire, socket } = await joined(running);
    const answers: unknown[] = [];
    socket.emit("ask", (answer: unknown) => answers.push(answer));
    const [id] = /\d+/.exec(String(await wire.next()).slice(2)) as string[];
    wire.send(`43${id}["first"]`, `43${id}["second"]`, '43999["third"]', '43["fourth"]', '421["question"]');
    expect(await wire.next()).to.be('431["yes"]');
    expect(answers).to.eql(["first"]);
  });

  it("event names may be numbers [60, 83]", async () => {
    const { wire, socket } = await joined(await startServer());
    const heard = nextEvent(socket, 7 as never);
    wire.send('42[7,"seven"]');
    expect(await heard).to.eql(["seven"]);
  });

  it("of a namespace whose socket has been disconnected are dropped [62]", async () => {
    const running = await startServer();
    const { wire, socket } = await joined(running);
    const heard: unknown[] = [];
    socket.on("hello", () => heard.push("hello"));
    const disconnected = nextEvent(socket, "disconnect");
    wire.send("41", '42["hello"]');
    await disconnected;
    wire.ws.close();
    await eventually(() => running.io.engine.clientsCount === 0);
    expect(heard).to.eql([]);
  });
});
