import expect from "expect.js";
import { heard, joinMore, joinPolling, joinWire } from "../support/joined";
import { startServer } from "../support/server";
import { subjectName } from "../support/subject";
import { nextEvent } from "../support/waiting";
import { openWire } from "../support/wire";

describe("the dispatch of an event", () => {
  it("happens in a later tick than the reading of the data [62]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    const order: string[] = [];
    socket.conn.on("data", () => order.push("data"));
    socket.onAny(() => order.push("catch-all"));
    socket.use((_event, next) => {
      process.nextTick(() => order.push("tick that was scheduled in the middleware"));
      next();
      order.push("middleware done");
    });
    socket.on("hello", () => order.push("listener"));
    wire.send('42["hello"]');
    await nextEvent(socket, "hello");
    expect(order).to.eql([
      "data",
      "catch-all",
      "middleware done",
      "tick that was scheduled in the middleware",
      "listener",
    ]);
  });

  it("processes events one after the other, in order of arrival [62]", async () => {
    const { polling, socket } = await joinPolling(await startServer());
    const seen: unknown[] = [];
    socket.on("hello", (n: number) => seen.push(n));
    const last = nextEvent(socket, "last");
    await polling.post('42["hello",1]', '42["hello",2]', '42["hello",3]', '42["last"]');
    await last;
    expect(seen).to.eql([1, 2, 3]);
  });

  it("drops events that arrived together with the event whose listener disconnects the socket [61, 62]", async () => {
    const { polling, socket } = await joinPolling(await startServer());
    const seen: unknown[] = [];
    socket.on("hello", (n: number) => {
      seen.push(n);
      if (n === 2) {
        socket.disconnect();
      }
    });
    await polling.post('42["hello",1]', '42["hello",2]', '42["hello",3]', '42["hello",4]');
    expect(await polling.next()).to.be("41");
    expect(seen).to.eql([1, 2]);
  });

  it("drops events that arrived after the client's DISCONNECT, in one payload [53, 62]", async () => {
    const { polling, socket } = await joinPolling(await startServer());
    const seen: unknown[] = [];
    socket.onAny((name: string, n: number) => seen.push(`catch-all ${name} ${n}`));
    socket.on("hello", (n: number) => seen.push(`hello ${n}`));
    socket.on("disconnect", (reason: string) => seen.push(reason));
    await polling.post('42["hello",1]');
    const gone = nextEvent(socket, "disconnect");
    await polling.post('42["hello",2]', '42["hello",3]', "41");
    await gone;
    await new Promise(setImmediate);
    expect(seen).to.eql([
      "catch-all hello 1",
      "hello 1",
      "catch-all hello 2",
      "catch-all hello 3",
      "client namespace disconnect",
    ]);
  });

  it("drops events that arrived together with a disconnect() in a catch-all listener [59, 62]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    let listened = false;
    socket.onAny(() => socket.disconnect());
    socket.on("hello", () => {
      listened = true;
    });
    wire.send('42["hello"]');
    expect(await wire.next()).to.be("41");
    await new Promise(setImmediate);
    expect(listened).to.be(false);
  });

  it("drops events for a namespace from which the server has disconnected the client [61, 62]", async () => {
    const { io, url } = await startServer();
    io.of("/chat");
    const { wire, socket: main } = await joinWire({ io, url });
    const { socket } = await joinMore(io, wire, "/chat");
    const seen: unknown[] = [];
    socket.onAny((name) => seen.push(name));
    socket.disconnect();
    await wire.next();
    // the reference server closes the connection
    const end = nextEvent(main, subjectName === "reference" ? "disconnect" : "mark");
    wire.send('42/chat,["hello"]', '42["mark"]');
    await end;
    expect(seen).to.eql([]);
  });

  it("continues after a listener has removed the listeners [55, 62]", async () => {
    const joined = await joinWire(await startServer());
    const { wire, socket } = joined;
    const seen: string[] = [];
    socket.on("hello", () => {
      seen.push("first");
      socket.removeAllListeners("hello");
    });
    socket.on("hello", () => seen.push("second"));
    wire.send('42["hello"]', '42["hello"]');
    await heard(joined);
    expect(seen).to.eql(["first", "second"]);
  });
});

describe("an event before CONNECT", () => {
  it("closes the connection, and no listener receives it [46, 62]", async () => {
    const { io, url } = await startServer();
    let connections = 0;
    io.on("connection", () => connections++);
    const wire = await openWire(url);
    wire.send('42["hello"]');
    await wire.closed;
    expect(connections).to.be(0);
  });

  it("closes the connection too if the middleware for CONNECT is pending [47, 62]", async () => {
    const { io, url } = await startServer();
    let connections = 0;
    const inside = new Promise<() => void>((resolve) => {
      io.use((_socket, next) => resolve(next));
    });
    io.on("connection", () => connections++);
    const wire = await openWire(url);
    wire.send("40");
    const proceed = await inside;
    wire.send('42["hello"]');
    await wire.closed;
    proceed();
    await new Promise(setImmediate);
    expect(connections).to.be(0);
  });
});
