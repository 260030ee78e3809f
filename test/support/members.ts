/** Connected clients of one namespace, each with the events that it has received. */
import { type ClientOptions, type ClientSocket, type Running, startServer } from "./server";
import type { SocketType } from "./subject";
import { nextEvent, roundTrip } from "./waiting";

export interface Member {
  client: ClientSocket;
  socket: SocketType;
  /** The events that the client has received, each as `[name, ...args]`. */
  seen: any[][];
}

/** The event that `settled()` sends last. When it arrives, no earlier event is on the way. */
const MARK = "mark";

const webSocketOnly: ClientOptions = { transports: ["websocket"] };

/** Connects `count` clients, one after the other. Default: over WebSocket only. */
export async function connectMembers(
  { pair }: Running,
  count: number,
  namespace = "/",
  options: ClientOptions = webSocketOnly,
): Promise<Member[]> {
  const members: Member[] = [];
  for (let i = 0; i < count; i++) {
    const { client, socket } = await pair(namespace, options);
    members.push({ client, socket, seen: recordEvents(client) });
  }
  return members;
}

/** Connects one client, as `connectMembers()` does. */
export async function connectMember(
  running: Running,
  namespace?: string,
  options?: ClientOptions,
): Promise<Member> {
  const [member] = await connectMembers(running, 1, namespace, options);
  return member;
}

/** Returns a list to which each event that the client receives is added. */
export function recordEvents(client: ClientSocket): any[][] {
  const seen: any[][] = [];
  client.onAny((...event: any[]) => {
    if (event[0] !== MARK) {
      seen.push(event);
    }
  });
  return seen;
}

/** The client acknowledges the next "question" with a value. Resolves when the server has received it. */
export async function answerOf({ client, socket }: Member, value: unknown): Promise<void> {
  const [answer] = await nextEvent<[(value: unknown) => void]>(client, "question");
  answer(value);
  socket.once("round trip", (ack) => ack());
  await roundTrip(client);
}

/** Starts a server with three sockets: `a` is in room "x", `b` in "x" and "y", `c` in "y". */
export async function threeMembers(): Promise<Running & { a: Member; b: Member; c: Member }> {
  const running = await startServer();
  const [a, b, c] = await connectMembers(running, 3);
  a.socket.join("x");
  b.socket.join(["x", "y"]);
  c.socket.join("y");
  return { ...running, a, b, c };
}

/** Resolves when these clients have received everything that was sent to them. */
export async function settled(...members: Member[]): Promise<void> {
  await Promise.all(
    members.map(({ client, socket }) => {
      const marked = nextEvent(client, MARK);
      socket.emit(MARK);
      return marked;
    }),
  );
}
