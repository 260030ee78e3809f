import expect from "expect.js";
import { joinWire } from "../support/joined";
import { startServer } from "../support/server";
import { Server } from "../support/subject";

const RESERVED = ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

const refusal = (name: string) => (error: Error) => {
  expect(error).to.be.an(Error);
  expect(error.message).to.be(`"${name}" is a reserved event name`);
};

describe("a reserved event name", () => {
  for (const name of RESERVED) {
    it(`${name} cannot be emitted to a client, and nothing is sent [54]`, async () => {
      const { wire, socket } = await joinWire(await startServer());
      expect(() => socket.emit(name)).to.throwException(refusal(name));
      expect(() => socket.emit(name, 1, () => {})).to.throwException(refusal(name));
      expect(() => socket.volatile.emit(name)).to.throwException(refusal(name));
      expect(() => socket.timeout(1000).emit(name, () => {})).to.throwException(refusal(name));
      expect(socket.acks.size).to.be(0);
      socket.emit("last");
      expect(await wire.next()).to.be('42["last"]');
    });

    it(`${name} cannot be broadcast [54]`, () => {
      const io = new Server();
      expect(() => io.emit(name)).to.throwException(refusal(name));
      expect(() => io.of("/chat").emit(name)).to.throwException(refusal(name));
      expect(() => io.to("room").emit(name)).to.throwException(refusal(name));
      expect(() => io.of("/chat").volatile.emit(name)).to.throwException(refusal(name));
    });

    it(`${name} cannot be broadcast by a socket [54]`, async () => {
      const { socket } = await joinWire(await startServer());
      expect(() => socket.broadcast.emit(name)).to.throwException(refusal(name));
      expect(() => socket.to("room").emit(name)).to.throwException(refusal(name));
    });

    it(`${name} makes emitWithAck() reject [54, 56]`, async () => {
      const { socket } = await joinWire(await startServer());
      const error = await socket.emitWithAck(name).catch((reason: Error) => reason);
      refusal(name)(error);
      const timed = await socket
        .timeout(1000)
        .emitWithAck(name)
        .catch((reason: Error) => reason);
      refusal(name)(timed);
    });

    it(`${name} from a client is not an event, and closes the connection [54, 83]`, async () => {
      const { wire, socket } = await joinWire(await startServer());
      const seen: unknown[] = [];
      socket.onAny((event) => seen.push(event));
      wire.send(`42["${name}"]`);
      await wire.closed;
      expect(seen).to.eql([]);
      expect(socket.connected).to.be(false);
    });
  }

  it("throws before the catch-all listeners for outgoing events are called [54, 59]", async () => {
    const { socket } = await joinWire(await startServer());
    const seen: unknown[] = [];
    socket.onAnyOutgoing((name) => seen.push(name));
    expect(() => socket.emit("disconnect")).to.throwException(refusal("disconnect"));
    expect(seen).to.eql([]);
  });
});

describe("a name that is not reserved", () => {
  for (const name of [
    "connection",
    "error",
    "message",
    "new_namespace",
    "ping",
    "reconnect",
    "",
    "Connect",
  ]) {
    it(`like ${JSON.stringify(name)} can be emitted and broadcast [54]`, async () => {
      const { io, url } = await startServer();
      const { wire, socket } = await joinWire({ io, url });
      expect(socket.emit(name)).to.be(true);
      expect(io.emit(name)).to.be(true);
      expect([await wire.next(), await wire.next()]).to.eql([`42["${name}"]`, `42["${name}"]`]);
    });
  }
});
