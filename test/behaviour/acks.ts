import expect from "expect.js";
import { heard, joinMore, joinWire } from "../support/joined";
import { ownTest } from "../support/own-tests";
import { startServer } from "../support/server";
import { nextEvent } from "../support/waiting";

/** The acknowledgement function of a client's event. */
function ackOf(socket: any, event: string): Promise<(...args: any[]) => void> {
  return new Promise((resolve) => {
    socket.once(event, (...args: any[]) => resolve(args.at(-1)));
  });
}

describe("an acknowledgement that the client requests", () => {
  it("arrives at the client with all values [55]", async () => {
    const { pair } = await startServer();
    const { client, socket } = await pair();
    socket.on("add", (a, b, ack) => ack(null, a + b, { done: true }));
    const answer = await new Promise((resolve) => {
      client.emit("add", 1, 2, (...values: any[]) => resolve(values));
    });
    expect(answer).to.eql([null, 3, { done: true }]);
  });

  it("is the last argument, after the arguments of the client [55]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    const event = nextEvent(socket, "hello");
    wire.send('4212["hello",1,"two"]');
    const args = await event;
    expect(args).to.have.length(3);
    expect(args.slice(0, 2)).to.eql([1, "two"]);
    expect(args[2]).to.be.a("function");
  });

  it("is missing if the client does not request it [55]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    const event = nextEvent(socket, "hello");
    wire.send('42["hello",1]');
    expect(await event).to.eql([1]);
  });

  it("has the packet id of its event, including 0 [55]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    socket.on("hello", (value, ack) => ack(value));
    wire.send('420["hello","a"]', '42123456["hello","b"]');
    expect(await wire.next()).to.be('430["a"]');
    expect(await wire.next()).to.be('43123456["b"]');
  });

  it("has the namespace of its event [55]", async () => {
    const { io, url } = await startServer();
    io.of("/chat");
    const { wire, socket } = await joinWire({ io, url }, "/chat");
    socket.on("hello", (ack) => ack("a"));
    wire.send('42/chat,1["hello"]');
    expect(await wire.next()).to.be('43/chat,1["a"]');
  });

  it("may be empty [55]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    socket.on("hello", (ack) => ack());
    wire.send('421["hello"]');
    expect(await wire.next()).to.be("431[]");
  });

  it("may contain binary data [55]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    socket.on("hello", (ack) => ack("a", { b: Buffer.from([1, 2]) }));
    wire.send('421["hello"]');
    expect(await wire.next()).to.be('461-1["a",{"b":{"_placeholder":true,"num":0}}]');
    expect(await wire.next()).to.eql(Buffer.from([1, 2]));
  });

  it("may belong to an event with binary data [55]", async () => {
    const { pair } = await startServer();
    const { client, socket } = await pair();
    socket.on("echo", (bytes, ack) => ack(bytes));
    const answer: any = await client.emitWithAck("echo", Buffer.from([1, 2]));
    expect(Buffer.from(answer)).to.eql(Buffer.from([1, 2]));
  });

  it("is sent once: further calls do nothing [55]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    const returned: unknown[] = [];
    socket.on("hello", (ack) => returned.push(ack("first"), ack("second"), ack()));
    wire.send('421["hello"]');
    expect(await wire.next()).to.be('431["first"]');
    socket.emit("last");
    expect(await wire.next()).to.be('42["last"]');
    expect(returned).to.eql([undefined, undefined, undefined]);
  });

  it("may be sent later, and in any order [55]", async () => {
    const joined = await joinWire(await startServer());
    const { wire, socket } = joined;
    const first = ackOf(socket, "first");
    const second = ackOf(socket, "second");
    wire.send('421["first"]', '422["second"]');
    (await second)("b");
    (await first)("a");
    expect(await wire.next()).to.be('432["b"]');
    expect(await wire.next()).to.be('431["a"]');
  });

  it("does not call the catch-all listeners for outgoing events [55, 59]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    const seen: unknown[] = [];
    socket.onAnyOutgoing((name) => seen.push(name));
    socket.on("hello", (ack) => ack("a"));
    wire.send('421["hello"]');
    await wire.next();
    expect(seen).to.eql([]);
  });

  it("does nothing when the client has disconnected [55]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    const ack = ackOf(socket, "hello");
    wire.send('421["hello"]');
    const answer = await ack;
    const gone = nextEvent(socket, "disconnect");
    wire.ws.close();
    await gone;
    expect(answer("late")).to.be(undefined);
  });
});

describe("an acknowledgement that the server requests", () => {
  it("arrives with all values [55]", async () => {
    const { pair } = await startServer();
    const { client, socket } = await pair();
    client.on("add", (a, b, ack) => ack(a + b, { done: true }));
    const answer = await new Promise((resolve) => {
      socket.emit("add", 1, 2, (...values: any[]) => resolve(values));
    });
    expect(answer).to.eql([3, { done: true }]);
  });

  it("is requested with a packet id, and not with an argument [55]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    socket.emit("hello", 1, () => {});
    expect(await wire.next()).to.be('420["hello",1]');
  });

  it("is requested with increasing packet ids, one counter for all sockets of a namespace [55]", async () => {
    const { io, url } = await startServer();
    const one = await joinWire({ io, url });
    const two = await joinWire({ io, url });
    io.of("/chat");
    const other = await joinMore(io, one.wire, "/chat");
    for (const { socket } of [one, two, other, one]) {
      socket.emit("hello", () => {});
    }
    expect(await one.wire.next()).to.be('420["hello"]');
    expect(await two.wire.next()).to.be('421["hello"]');
    expect(await one.wire.next()).to.be('42/chat,0["hello"]');
    expect(await one.wire.next()).to.be('422["hello"]');
  });

  it("is in socket.acks under its packet id until the answer arrives [55]", async () => {
    const joined = await joinWire(await startServer());
    const { wire, socket } = joined;
    expect(socket.acks).to.be.a(Map);
    socket.emit("hello", () => {});
    socket.emit("hello", () => {});
    expect([...socket.acks.keys()]).to.eql([0, 1]);
    wire.send("431[]");
    await heard(joined);
    expect([...socket.acks.keys()]).to.eql([0]);
  });

  it("is called once, however often the client answers [55]", async () => {
    const joined = await joinWire(await startServer());
    const { wire, socket } = joined;
    const seen: unknown[] = [];
    socket.emit("hello", (...values: any[]) => seen.push(values));
    wire.send('430["a",1]', '430["b"]');
    await heard(joined);
    expect(seen).to.eql([["a", 1]]);
  });

  it("may be empty [55]", async () => {
    const joined = await joinWire(await startServer());
    const seen: unknown[] = [];
    joined.socket.emit("hello", (...values: any[]) => seen.push(values));
    joined.wire.send("430[]");
    await heard(joined);
    expect(seen).to.eql([[]]);
  });

  it("may contain binary data, as buffers [55]", async () => {
    const joined = await joinWire(await startServer());
    const answer = new Promise<any[]>((resolve) => {
      joined.socket.emit("hello", (...values: any[]) => resolve(values));
    });
    joined.wire.send('461-0[{"a":{"_placeholder":true,"num":0}},2]', Buffer.from([1, 2]));
    expect(await answer).to.eql([{ a: Buffer.from([1, 2]) }, 2]);
  });

  it("may be requested along with binary data [55]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    socket.emit("hello", Buffer.from([1]), () => {});
    expect(await wire.next()).to.be('451-0["hello",{"_placeholder":true,"num":0}]');
  });

  it("is ignored if the server did not request it [55]", async () => {
    const joined = await joinWire(await startServer());
    joined.wire.send("43999[1]", "430[]", "43[5]", '4399999999999999["x"]');
    await heard(joined);
    expect(joined.socket.connected).to.be(true);
  });

  it("calls the socket that requested it, not another socket with the same packet id [55]", async () => {
    const { io, url } = await startServer();
    const one = await joinWire({ io, url });
    const two = await joinWire({ io, url });
    let answered = false;
    one.socket.emit("hello", () => {
      answered = true;
    });
    two.wire.send('430["stolen"]');
    await heard(two);
    expect(answered).to.be(false);
    expect(one.socket.acks.size).to.be(1);
  });

  it("is not an event: it calls neither catch-all listeners nor listeners of the name [55, 59]", async () => {
    const joined = await joinWire(await startServer());
    const { wire, socket } = joined;
    const seen: unknown[] = [];
    socket.onAny((name) => seen.push(name));
    socket.on("hello", () => seen.push("listener"));
    socket.emit("hello", () => seen.push("acknowledged"));
    wire.send('430["hello"]');
    await heard(joined);
    expect(seen).to.eql(["acknowledged", "mark"]);
  });

  it("is called with the socket as this [55]", async () => {
    const joined = await joinWire(await startServer());
    const self = new Promise((resolve) => {
      joined.socket.emit("hello", function (this: unknown) {
        resolve(this);
      });
    });
    joined.wire.send("430[]");
    expect(await self).to.be(joined.socket);
  });

  it("can be requested in send() too [55]", async () => {
    const joined = await joinWire(await startServer());
    const answer = new Promise((resolve) => {
      joined.socket.send("a", resolve);
    });
    expect(await joined.wire.next()).to.be('420["message","a"]');
    joined.wire.send('430["got it"]');
    expect(await answer).to.be("got it");
  });

  it("is not called after the socket was disconnected [55, 62]", async () => {
    const { io, url } = await startServer();
    io.of("/chat");
    const main = await joinWire({ io, url });
    const { wire, socket } = await joinMore(io, main.wire, "/chat");
    let answered = false;
    socket.emit("hello", () => {
      answered = true;
    });
    await wire.next();
    wire.send('43/chat,0["late"]');
    socket.disconnect();
    // the reference closes the connection
    const over = Promise.race([nextEvent(main.socket, "disconnect"), nextEvent(main.socket, "after")]);
    wire.send('42["after"]');
    await over;
    expect(answered).to.be(false);
  });

  ownTest("is dropped when the socket is disconnected, and is never called [55]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    let answered = false;
    socket.emit("hello", () => {
      answered = true;
    });
    socket.disconnect();
    expect([await wire.next(), await wire.next()]).to.eql(['420["hello"]', "41"]);
    expect(socket.acks.size).to.be(0);
    expect(answered).to.be(false);
  });
});
