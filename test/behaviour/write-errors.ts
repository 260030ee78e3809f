import type { Socket as TcpSocket } from "node:net";
import expect from "expect.js";
import { startServer } from "../support/server";
import { eventually, nextEvent, nextValue } from "../support/waiting";
import { openWire } from "../support/wire";

/** A joined client over WebSocket, with the server's side of the same connection. */
async function joined(ping = false) {
  const running = await startServer({ pingInterval: 60_000 });
  const streamed = nextValue<TcpSocket>(running.httpServer, "connection");
  const connected = nextValue(running.io, "connection");
  const wire = await openWire(running.url);
  await wire.join();
  if (ping) {
    wire.ws.ping();
    await nextEvent(wire.ws, "pong");
  }
  const [socket, stream] = [await connected, await streamed];
  const tcp = (wire.ws as any)._socket as TcpSocket;
  return { ...running, socket, stream, tcp, left: nextEvent<any[]>(socket, "disconnect") };
}

function expectWriteError([reason, description]: any[]): void {
  expect(reason).to.be("transport error");
  expect(description).to.be.an(Error);
  expect(description.message).to.be("write error");
  expect(description.type).to.be("TransportError");
  expect(Object.keys(description).sort()).to.eql(["description", "type"]);
}

describe("data for a client that has disconnected", () => {
  it("by a reset: transport error, with the error [52]", async () => {
    const { socket, tcp, left } = await joined();
    tcp.resetAndDestroy();
    // the reset is on its way, or has arrived: nothing in this turn has read it
    await nextEvent(tcp, "close");
    socket.emit("hello");
    expectWriteError(await left);
  });

  it("by a reset while more data is buffered than the operating system accepts: transport error [52]", async () => {
    const { socket, stream, tcp, left } = await joined();
    tcp.pause();
    const much = Buffer.alloc(1_000_000);
    for (let i = 0; i < 12; i++) {
      socket.emit("much", much);
    }
    await eventually(() => stream.writableLength > 0);
    tcp.resetAndDestroy();
    expectWriteError(await left);
  });

  for (const what of ["a text", "bytes", "to a room"]) {
    it(`${what}, after it has ended its side: transport error [52]`, async () => {
      const { io, socket, stream, tcp, left } = await joined();
      stream.prependOnceListener("end", () => {
        // ws, or its replacement, is notified next
        process.nextTick(() => {
          if (what === "to a room") {
            io.to(socket.id).emit("hello");
          } else {
            socket.emit("hello", what === "bytes" ? Buffer.from([1]) : "text");
          }
        });
      });
      tcp.end();
      expectWriteError(await left);
    });
  }

  it("in the turn in which the connection is destroyed: transport error [52]", async () => {
    const { socket, stream, left } = await joined();
    socket.emit("hello");
    stream.destroy();
    socket.emit("hello");
    expectWriteError(await left);
  });

  it("after a control frame: transport error too [52]", async () => {
    const { socket, tcp, left } = await joined(true);
    tcp.resetAndDestroy();
    await nextEvent(tcp, "close");
    socket.emit("hello");
    expectWriteError(await left);
  });
});

describe("a client that disconnects while nothing is sent to it", () => {
  it("by a reset: transport close [52]", async () => {
    const { tcp, left } = await joined();
    tcp.resetAndDestroy();
    expect((await left)[0]).to.be("transport close");
  });

  it("by ending its side: transport close [52]", async () => {
    const { tcp, left } = await joined();
    tcp.end();
    expect((await left)[0]).to.be("transport close");
  });
});
