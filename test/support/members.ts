/** Several connected clients of one namespace, each with a record of the events that it gets. */
import type { ClientOptions, ClientSocket, Running } from "./server";
import type { SocketType } from "./subject";
import { nextEvent, roundTrip } from "./waiting";

export interface Member {
  client: ClientSocket;
  socket: SocketType;
  /** The events that came, each as `[name, ...args]`. */
  seen: any[][];
}

/** An event that tests send last: what was sent to the client before it has come by then, or never will. */
const MARK = "mark";

const webSocketOnly: ClientOptions = { transports: ["websocket"] };

/** Connects `count` clients, one after the other; over WebSocket alone, unless the options say otherwise. */
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

/** One of them. */
export async function connectMember(
  running: Running,
  namespace?: string,
  options?: ClientOptions,
): Promise<Member> {
  const [member] = await connectMembers(running, 1, namespace, options);
  return member;
}

/** A list that grows by each event of the client. */
export function recordEvents(client: ClientSocket): any[][] {
  const seen: any[][] = [];
  client.onAny((...event: any[]) => {
    if (event[0] !== MARK) {
      seen.push(event);
    }
  });
  return seen;
}

/** Lets the client answer the next "question" with a value; resolves when the server has the answer. */
export async function answerOf({ client, socket }: Member, value: unknown): Promise<void> {
  const [answer] = await nextEvent<[(value: unknown) => void]>(client, "question");
  answer(value);
  socket.once("round trip", (ack) => ack());
  await roundTrip(client);
}

/** Resolves when everything that was sent to these clients has come. */
export async function settled(...members: Member[]): Promise<void> {
  await Promise.all(
    members.map(({ client, socket }) => {
      const marked = nextEvent(client, MARK);
      socket.emit(MARK);
      return marked;
    }),
  );
}
