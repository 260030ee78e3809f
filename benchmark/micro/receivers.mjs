/** Choosing receivers: rooms of 100 among many sockets, which only count received packets. */
import { message } from "../messages.mjs";

const roomSize = 100;

/** The members of a socket that adapters use. */
class StubSocket {
  /** As long as real ids. */
  constructor(number) {
    this.id = `stub${String(number).padStart(16, "0")}`;
    this.received = 0;
    this.client = {
      writeToEngine: () => {
        this.received += 1;
      },
    };
  }

  notifyOutgoingListeners() {}
}

/** @returns {Promise<import("./main.mjs").Micro[]>} */
export async function prepare({ Server }, { sockets }) {
  const io = new Server();
  const namespace = io.of("/");
  const stubs = Array.from({ length: sockets }, (_, number) => new StubSocket(number));
  const rooms = Math.max(1, Math.floor(sockets / roomSize));
  for (const [number, stub] of stubs.entries()) {
    namespace.sockets.set(stub.id, stub);
    // the sockets of a room are not neighbours in memory, as in a server that has run for a while
    namespace.adapter.addAll(stub.id, new Set([stub.id, `room${number % rooms}`]));
  }
  let next = 0;
  const broadcast = () => {
    next = (next + 7919) % rooms;
    io.to(`room${next}`).emit("news", message);
  };
  broadcast();
  const received = stubs.reduce((sum, stub) => sum + stub.received, 0);
  if (received !== roomSize) {
    throw new Error(`${received} instead of ${roomSize} sockets of the room received the message`);
  }
  return [
    {
      key: "cpu",
      times: 10 * roomSize,
      run() {
        for (let i = 0; i < 10; i++) {
          broadcast();
        }
      },
    },
  ];
}
