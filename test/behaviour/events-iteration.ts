/** The functions on() and once() of node:events, for the events of clients. */
import { getEventListeners, on, once } from "node:events";
import expect from "expect.js";
import { connectMember } from "../support/members";
import { startServer } from "../support/server";

const count = (socket: any, event: string) => getEventListeners(socket, event).length;

async function oneSocket() {
  const running = await startServer();
  const { client, socket } = await connectMember(running);
  return { ...running, client, socket };
}

describe("on() of node:events", () => {
  it("iterates over the events of a client, with all arguments", async () => {
    const { client, socket } = await oneSocket();
    const messages = on(socket, "message");
    client.emit("message", 1, "one");
    client.emit("other");
    client.emit("message", 2, Buffer.from([2]));
    const seen: any[][] = [];
    for await (const args of messages) {
      seen.push(args);
      if (seen.length === 2) {
        break;
      }
    }
    expect(seen[0]).to.eql([1, "one"]);
    expect([seen[1][0], ...seen[1][1]]).to.eql([2, 2]);
    expect(count(socket, "message")).to.be(0);
  });

  it("passes the acknowledgement function as the last argument", async () => {
    const { client, socket } = await oneSocket();
    const questions = on(socket, "question");
    const answered = client.emitWithAck("question", 20);
    for await (const [number, ack] of questions) {
      ack(number + 1);
      break;
    }
    expect(await answered).to.be(21);
  });

  it("ends with an AbortError when its signal is aborted, and removes its listeners", async () => {
    const { client, socket } = await oneSocket();
    const controller = new AbortController();
    const messages = on(socket, "message", { signal: controller.signal });
    const errorListeners = count(socket, "error");
    client.emit("message", 1);
    let error: any;
    const seen: any[] = [];
    try {
      for await (const [number] of messages) {
        seen.push(number);
        controller.abort();
      }
    } catch (reason) {
      error = reason;
    }
    expect([seen, error.name, error.code]).to.eql([[1], "AbortError", "ABORT_ERR"]);
    expect([count(socket, "message"), count(socket, "error")]).to.eql([0, errorListeners - 1]);
    expect(getEventListeners(controller.signal, "abort")).to.eql([]);
  });

  it("ends when the client leaves, with the option close", async () => {
    const { client, socket } = await oneSocket();
    const messages = on(socket, "message", { close: ["disconnect"] });
    client.emit("message", 1);
    const seen: any[] = [];
    for await (const [number] of messages) {
      seen.push(number);
      client.disconnect();
    }
    expect(seen).to.eql([1]);
    expect([count(socket, "message"), count(socket, "disconnect")]).to.eql([0, 0]);
  });

  it("iterates over the connections of a server, and of a namespace", async () => {
    const { io, connect } = await startServer();
    for (const [emitter, name] of [
      [io, "/"],
      [io.of("/chat"), "/chat"],
    ] as const) {
      const connections = on(emitter, "connection");
      connect(name);
      for await (const [socket] of connections) {
        expect(socket.nsp.name).to.be(name);
        break;
      }
    }
  });
});

describe("once() of node:events", () => {
  it("resolves with the arguments of the next event", async () => {
    const { client, socket } = await oneSocket();
    const message = once(socket, "message");
    client.emit("message", 1, { two: 2 });
    expect(await message).to.eql([1, { two: 2 }]);
    expect(count(socket, "message")).to.be(0);
  });

  it("rejects with an AbortError when its signal is aborted, and removes its listeners", async () => {
    const { socket } = await oneSocket();
    const controller = new AbortController();
    const rejected = once(socket, "message", { signal: controller.signal }).catch((error) => error);
    controller.abort();
    const error: any = await rejected;
    expect([error.name, error.code]).to.eql(["AbortError", "ABORT_ERR"]);
    expect(count(socket, "message")).to.be(0);
    expect(getEventListeners(controller.signal, "abort")).to.eql([]);
  });
});
