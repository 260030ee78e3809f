import expect from "expect.js";
import { heard, joinWire } from "../support/joined";
import { startServer } from "../support/server";
import { nextEvent, nextValue } from "../support/waiting";
import { openWire } from "../support/wire";

describe("an event from the server", () => {
  it("is an array that starts with its name [55]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    socket.emit("hello", 1, "two", { three: [null, true] });
    expect(await wire.next()).to.be('42["hello",1,"two",{"three":[null,true]}]');
  });

  it("reaches the client's listeners with its arguments [55]", async () => {
    const { pair } = await startServer();
    const { client, socket } = await pair();
    const event = nextEvent(client, "hello");
    socket.emit("hello", 1, "2", { 3: ["4"] });
    expect(await event).to.eql([1, "2", { 3: ["4"] }]);
  });

  it("is converted to JSON: it loses what JSON cannot represent [55]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    socket.emit(
      "odd",
      undefined,
      Number.NaN,
      new Date(0),
      { a: undefined, toJSON: () => "b" },
      new Map([[1, 2]]),
    );
    expect(await wire.next()).to.be('42["odd",null,null,"1970-01-01T00:00:00.000Z","b",{}]');
  });

  it("may contain binary data, which follows in separate frames [55]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    socket.emit("image", Buffer.from([1]), { parts: [new Uint8Array([2, 3]), new Uint8Array([4]).buffer] });
    expect(await wire.next()).to.be(
      '453-["image",{"_placeholder":true,"num":0},{"parts":[{"_placeholder":true,"num":1},{"_placeholder":true,"num":2}]}]',
    );
    expect([await wire.next(), await wire.next(), await wire.next()]).to.eql([
      Buffer.from([1]),
      Buffer.from([2, 3]),
      Buffer.from([4]),
    ]);
  });

  it("does not modify the arguments [55]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    const bytes = Buffer.from([1]);
    const argument = { a: [bytes], b: 1 };
    socket.emit("hello", argument);
    await wire.next();
    expect(argument.a[0]).to.be(bytes);
    expect(argument).to.eql({ a: [bytes], b: 1 });
  });

  it("can be emitted without arguments, or with many [55]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    socket.emit("none");
    const many = Array.from({ length: 100 }, (_, i) => i);
    socket.emit("many", ...many);
    expect(await wire.next()).to.be('42["none"]');
    expect(await wire.next()).to.be(`42${JSON.stringify(["many", ...many])}`);
  });

  it("makes emit() return true, and send() and write() return the socket [55]", async () => {
    const { socket } = await joinWire(await startServer());
    expect(socket.emit("hello")).to.be(true);
    expect(socket.send("hello")).to.be(socket);
    expect(socket.write("hello")).to.be(socket);
  });

  it('is named "message" with send() and write() [55]', async () => {
    const { wire, socket } = await joinWire(await startServer());
    socket.send("a", 1).write("b");
    expect(await wire.next()).to.be('42["message","a",1]');
    expect(await wire.next()).to.be('42["message","b"]');
  });

  it("keeps its place among the other events [55]", async () => {
    const { io, pair } = await startServer();
    const { client, socket } = await pair("/", { transports: ["polling"] });
    const names: string[] = [];
    client.onAny((name) => names.push(name));
    const last = nextEvent(client, "5");
    socket.emit("1");
    socket.emit("2", Buffer.from([1]));
    io.emit("3");
    socket.emit("4", () => {});
    socket.emit("5");
    await last;
    expect(names).to.eql(["1", "2", "3", "4", "5"]);
  });

  it("is sent to the client only: listeners of the socket do not receive it [55]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    let heardIt = false;
    socket.on("hello", () => {
      heardIt = true;
    });
    socket.emit("hello");
    expect(await wire.next()).to.be('42["hello"]');
    expect(heardIt).to.be(false);
  });

  it("may have a number as name, which remains a number [60]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    socket.emit(7 as never, "a");
    socket.emit("7", "b");
    expect(await wire.next()).to.be('42[7,"a"]');
    expect(await wire.next()).to.be('42["7","b"]');
  });

  it("may have a number as name in a broadcast too [60]", async () => {
    const { io, url } = await startServer();
    const { wire } = await joinWire({ io, url });
    io.emit(7 as never, "a");
    expect(await wire.next()).to.be('42[7,"a"]');
  });

  it("to a client whose socket has been disconnected is dropped, and does not throw [55, 61]", async () => {
    const { io, pair } = await startServer();
    const { client, socket: main } = await pair();
    const connected = nextValue(io.of("/chat"), "connection");
    const chat = client.io.socket("/chat", {});
    const socket = await connected;
    const seen: string[] = [];
    chat.onAny((name) => seen.push(name));
    socket.emit("before");
    socket.disconnect();
    expect(socket.emit("after")).to.be(true);
    const last = nextEvent(client, "last");
    main.emit("last");
    await last;
    expect(seen).to.eql(["before"]);
  });
});

describe("an event from the client", () => {
  it("reaches the listeners of its name with its arguments [55]", async () => {
    const { pair } = await startServer();
    const { client, socket } = await pair();
    const event = nextEvent(socket, "hello");
    client.emit("hello", 1, "2", { 3: ["4"] });
    expect(await event).to.eql([1, "2", { 3: ["4"] }]);
  });

  it("may contain binary data, which arrives as buffers [55]", async () => {
    const { pair } = await startServer();
    const { client, socket } = await pair();
    const event = nextEvent(socket, "image");
    client.emit("image", { parts: [Buffer.from([1]), new Uint8Array([2])] });
    const [{ parts }] = await event;
    expect(parts).to.eql([Buffer.from([1]), Buffer.from([2])]);
    expect(Buffer.isBuffer(parts[1])).to.be(true);
  });

  it("may contain an empty buffer [55]", async () => {
    const { pair } = await startServer();
    const { client, socket } = await pair();
    const event = nextEvent(socket, "image");
    client.emit("image", Buffer.alloc(0));
    expect(await event).to.eql([Buffer.alloc(0)]);
  });

  it("calls all listeners in the order in which they were added, with the socket as this [55]", async () => {
    const joined = await joinWire(await startServer());
    const { wire, socket } = joined;
    const seen: unknown[] = [];
    socket.on("hello", function (this: unknown) {
      seen.push("first", this === socket);
    });
    socket.once("hello", () => seen.push("once"));
    socket.prependListener("hello", () => seen.push("prepended"));
    wire.send('42["hello"]', '42["hello"]');
    await heard(joined);
    expect(seen).to.eql(["prepended", "first", true, "once", "prepended", "first", true]);
  });

  it('is named "message" with send() [55]', async () => {
    const { pair } = await startServer();
    const { client, socket } = await pair();
    const event = nextEvent(socket, "message");
    client.send("a", 1);
    expect(await event).to.eql(["a", 1]);
  });

  it("without a listener is dropped [55]", async () => {
    const joined = await joinWire(await startServer());
    joined.wire.send('42["nobody listens"]');
    await heard(joined);
    expect(joined.socket.connected).to.be(true);
  });

  it("may have a number as name, which listeners of its digits receive [60]", async () => {
    const joined = await joinWire(await startServer());
    const { wire, socket } = joined;
    const seen: unknown[] = [];
    socket.on("7", (argument) => seen.push(argument));
    wire.send('42[7,"a"]', '42["7","b"]');
    await heard(joined);
    expect(seen).to.eql(["a", "b"]);
  });

  it("may have the name of a property of Object.prototype [60]", async () => {
    const joined = await joinWire(await startServer());
    const { wire, socket } = joined;
    const seen: unknown[] = [];
    const names = ["__proto__", "constructor", "hasOwnProperty", "toString"];
    wire.send(...names.map((name) => JSON.stringify([name, 1])).map((event) => `42${event}`));
    await heard(joined);
    for (const name of names) {
      socket.on(name, (argument) => seen.push([name, argument]));
    }
    wire.send(...names.map((name) => `42${JSON.stringify([name, 2])}`));
    await heard(joined);
    expect(seen).to.eql(names.map((name) => [name, 2]));
  });

  it("named error calls the error listeners, and does nothing if there are none [52]", async () => {
    const joined = await joinWire(await startServer());
    const { wire, socket } = joined;
    wire.send('42["error","nobody listens"]');
    await heard(joined);
    const value = nextValue(socket, "error");
    wire.send('42["error","from the client"]');
    expect(await value).to.be("from the client");
    expect(socket.connected).to.be(true);
  });

  it("may have an empty name [55]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    const value = nextValue(socket, "");
    wire.send('42["",1]');
    expect(await value).to.be(1);
  });
});

describe("an event that is emitted in a connection listener", () => {
  it("arrives after the CONNECT response, and in order [50, 55]", async () => {
    const { io, url } = await startServer();
    io.on("connect", (socket) => socket.emit("in connect"));
    io.on("connection", (socket) => {
      socket.emit("in connection");
      io.emit("to all");
      io.to(socket.id).emit("to its room");
      socket.send("message");
    });
    const wire = await openWire(url);
    const frames = [await wire.join()];
    while (frames.length < 6) {
      frames.push(await wire.next());
    }
    expect(frames[0]).to.match(/^40\{"sid":"/);
    expect(frames.slice(1)).to.eql([
      '42["in connect"]',
      '42["in connection"]',
      '42["to all"]',
      '42["to its room"]',
      '42["message","message"]',
    ]);
  });

  it("arrives though the same listener disconnects the client [50, 61]", async () => {
    const { io, url } = await startServer();
    io.on("connection", (socket) => {
      socket.emit("goodbye");
      socket.disconnect();
    });
    const wire = await openWire(url);
    await wire.join();
    expect([await wire.next(), await wire.next()]).to.eql(['42["goodbye"]', "41"]);
  });
});
