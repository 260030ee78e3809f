/** A raw connection over either transport, which sends several packets in one payload or one chunk. */
import type { Running } from "./server";
import { openPolling, openWire } from "./wire";

export interface RawConnection {
  send(...packets: string[]): Promise<unknown>;
  next(): Promise<unknown>;
}

/** A raw connection that has joined "/", and sends several packets in one payload or one chunk. */
export async function openRaw({ url }: Running, transport: "websocket" | "polling"): Promise<RawConnection> {
  if (transport === "polling") {
    const polling = await openPolling(url);
    await polling.join();
    return { send: (...packets) => polling.post(...packets), next: () => polling.next() };
  }
  // a client that compresses writes each packet when it is compressed
  const wire = await openWire(url, "EIO=4", { perMessageDeflate: false });
  await wire.join();
  return {
    async send(...packets) {
      const { _socket: tcp } = wire.ws as unknown as { _socket: { cork(): void; uncork(): void } };
      tcp.cork();
      wire.send(...packets);
      tcp.uncork();
    },
    next: () => wire.next(),
  };
}

/** Resolves when the server has processed the earlier packets, with its responses. */
export async function processed(io: Running["io"], raw: RawConnection): Promise<unknown[]> {
  const name = `/processed-${Math.random()}`;
  io.of(name);
  await raw.send(`40${name},`);
  const before: unknown[] = [];
  for (;;) {
    const packet = await raw.next();
    if (String(packet).startsWith(`40${name},`)) {
      return before;
    }
    before.push(packet);
  }
}
