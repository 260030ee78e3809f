/** Connections by hand that have joined a namespace, along with the server's socket. */
import type { Running } from "./server";
import type { SocketType } from "./subject";
import { nextEvent } from "./waiting";
import { openPolling, openWire, type PollingWire, type Wire } from "./wire";

export type AnySocket = SocketType;

export interface Joined {
  wire: Wire;
  socket: AnySocket;
}

/** Opens a connection and joins a namespace; the CONNECT packet is taken already. */
export async function joinWire({ io, url }: Pick<Running, "io" | "url">, namespace = "/"): Promise<Joined> {
  return joinMore(io, await openWire(url), namespace);
}

/** Joins one more namespace over the same connection; the namespace is not asked for before the client is in. */
export async function joinMore(io: Running["io"], wire: Wire, namespace: string): Promise<Joined> {
  const answer = String(await wire.join(namespace));
  const [, sid] = /^40.*"sid":"([^"]+)"/.exec(answer) ?? [];
  const socket = sid && io.of(namespace).sockets.get(sid);
  if (!socket) {
    throw new Error(`${namespace} was not joined: ${answer}`);
  }
  return { wire, socket };
}

/** Opens a polling connection and joins the main namespace. */
export async function joinPolling({
  io,
  url,
}: Pick<Running, "io" | "url">): Promise<{ polling: PollingWire; socket: AnySocket }> {
  const polling = await openPolling(url);
  const { sid } = JSON.parse((await polling.join()).slice("40".length));
  return { polling, socket: io.of("/").sockets.get(sid) as AnySocket };
}

/** Polls until there is nothing to poll any more; the engine keeps a closed connection for some time otherwise. */
export async function drain(polling: PollingWire): Promise<void> {
  const refused = () => false;
  while (await polling.poll().then(() => true, refused)) {}
}

/** Sends an event to the server and waits until it is heard: by then, what was sent before it has been dealt with. */
export async function heard({ wire, socket }: Joined): Promise<void> {
  const marked = nextEvent(socket, "mark");
  wire.send(`42${socket.nsp.name === "/" ? "" : `${socket.nsp.name},`}["mark"]`);
  await marked;
}
