/** Raw connections that have joined a namespace, each with the socket of the server. */
import type { Running } from "./server";
import type { SocketType } from "./subject";
import { eventually, nextEvent } from "./waiting";
import { type Frame, openPolling, openWire, type PollingWire, type Wire } from "./wire";

export type AnySocket = SocketType;

export interface Joined {
  wire: Wire;
  socket: AnySocket;
}

/** Opens a raw WebSocket connection and joins a namespace. The response to CONNECT is read already. */
export async function joinWire({ io, url }: Pick<Running, "io" | "url">, namespace = "/"): Promise<Joined> {
  return joinMore(io, await openWire(url), namespace);
}

/** Joins another namespace over the same connection. */
export async function joinMore(io: Running["io"], wire: Wire, namespace: string): Promise<Joined> {
  const answer = String(await wire.join(namespace));
  const [, sid] = /^40.*"sid":"([^"]+)"/.exec(answer) ?? [];
  const socket = sid && io.of(namespace).sockets.get(sid);
  if (!socket) {
    throw new Error(`${namespace} was not joined: ${answer}`);
  }
  return { wire, socket };
}

/** Opens a raw long-polling connection and joins the main namespace. */
export async function joinPolling({
  io,
  url,
}: Pick<Running, "io" | "url">): Promise<{ polling: PollingWire; socket: AnySocket }> {
  const polling = await openPolling(url);
  const { sid } = JSON.parse((await polling.join()).slice("40".length));
  return { polling, socket: io.of("/").sockets.get(sid) as AnySocket };
}

/** Polls until the server refuses the poll. Otherwise the engine keeps a closed connection for some time. */
export async function drain(polling: PollingWire): Promise<void> {
  const refused = () => false;
  while (await polling.poll().then(() => true, refused)) {}
}

/** Sends an event to the server, and resolves when a handler receives it: the server has processed all earlier packets. */
export async function heard({ wire, socket }: Joined): Promise<void> {
  const marked = nextEvent(socket, "mark");
  wire.send(`42${socket.nsp.name === "/" ? "" : `${socket.nsp.name},`}["mark"]`);
  await marked;
}

/** Resolves when the transport has sent its data, and accepts more. */
export function writable({ socket }: { socket: AnySocket }): Promise<void> {
  return eventually(() => (socket.conn.transport as any).writable);
}

/** Emits the event "last" to the client, and resolves with the frames that the client receives before it. */
export async function receivedBy({ wire, socket }: Joined): Promise<Frame[]> {
  socket.emit("last");
  const frames: Frame[] = [];
  for (let frame = await wire.next(); frame !== '42["last"]'; frame = await wire.next()) {
    frames.push(frame);
  }
  return frames;
}
