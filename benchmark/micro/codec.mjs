/** Encoding and decoding only, over an inactive connection of an engine that is passed to bind(). */
import { EventEmitter, once } from "node:events";
import { encoded, events, names } from "./events.mjs";

const batch = 64;

class StubEngine extends EventEmitter {
  close() {}
}

/** An Engine.IO connection with the members on which a Socket.IO server relies. */
class StubConnection extends EventEmitter {
  id = "stub";
  protocol = 4;
  readyState = "open";
  remoteAddress = "127.0.0.1";
  transport = { name: "websocket", writable: true };
  request = {
    url: "/socket.io/?EIO=4&transport=websocket",
    headers: {},
    connection: {},
    _query: { EIO: "4", transport: "websocket" },
  };
  written = 0;

  write() {
    this.written += 1;
  }

  close() {}
}

/** @returns {Promise<import("./main.mjs").Micro[]>} */
export async function prepare({ Server }) {
  const io = new Server();
  const engine = new StubEngine();
  io.bind(engine);
  const connection = new StubConnection();
  const connected = once(io, "connection");
  engine.emit("connection", connection);
  connection.emit("data", "0");
  const [socket] = await connected;
  let heard = 0;
  for (const name of names) {
    socket.on(name, () => {
      heard += 1;
    });
  }
  socket.join("room");
  return [
    {
      key: "encode",
      times: batch,
      run() {
        const before = connection.written;
        for (let i = 0; i < batch; i++) {
          io.to("room").emit(...events[i % events.length]);
        }
        if (connection.written - before !== batch) {
          throw new Error(`${connection.written - before} of ${batch} messages were written`);
        }
      },
    },
    {
      key: "decode",
      times: batch,
      async run() {
        const before = heard;
        for (let i = 0; i < batch; i++) {
          connection.emit("data", encoded[i % encoded.length]);
        }
        await nextTurn();
        if (heard - before !== batch) {
          throw new Error(`${heard - before} of ${batch} events were received`);
        }
      },
    },
  ];
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));
