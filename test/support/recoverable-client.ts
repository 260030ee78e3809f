/** A client that a test disconnects and reconnects. */
import { connectMembers, type Member, settled } from "./members";
import type { ClientOptions, Running } from "./server";
import { nextEvent, nextValue } from "./waiting";

export interface Recoverable extends Member {
  /** Cuts the connection; resolves with the reason when the server has noticed. */
  cut(): Promise<string>;
  /** Reconnects; resolves when the client is connected, and `socket` is the new socket of the server. */
  comeBack(): Promise<void>;
}

/** Connects a client over WebSocket that does not reconnect by itself, and that has received an offset. */
export async function connectRecoverable(
  running: Running,
  namespace = "/",
  options: ClientOptions = {},
): Promise<Recoverable> {
  const [member] = await connectMembers(running, 1, namespace, {
    transports: ["websocket"],
    reconnection: false,
    ...options,
  });
  await settled(member);
  return Object.assign(member, {
    async cut() {
      const reason = nextValue<string>(member.socket, "disconnect");
      const told = nextEvent(member.client, "disconnect");
      member.client.io.engine.close();
      await told;
      return reason;
    },
    async comeBack() {
      const connected = nextValue(running.io.of(namespace), "connection");
      const ready = nextEvent(member.client, "connect");
      member.client.connect();
      member.socket = await connected;
      await ready;
    },
  });
}
