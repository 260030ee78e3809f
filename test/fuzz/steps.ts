/** Steps that several targets use. */
import type { Step } from "./cases";

export const openWebSocket = (on: number, more = ""): Step => ({
  do: "upgrade",
  on,
  query: `EIO=4&transport=websocket${more}`,
});

export const handshake = (on: number): Step => ({
  do: "request",
  on,
  method: "GET",
  query: "EIO=4&transport=polling",
});

/** A transport whose packets come in requests. */
export type HttpTransport = "polling" | "sse";

export const requestsOver = (transport: HttpTransport) => ({
  poll: (on: number): Step => ({
    do: "request",
    on,
    method: "GET",
    query: `EIO=4&transport=${transport}&sid=$sid${on}`,
  }),
  post: (on: number, body: string, headers?: Record<string, string>): Step => ({
    do: "request",
    on,
    method: "POST",
    query: `EIO=4&transport=${transport}&sid=$sid${on}`,
    body,
    ...(headers && { headers }),
  }),
});

export const { poll, post } = requestsOver("polling");

export const text = (on: number, sent: string, times?: number): Step => ({
  do: "text",
  on,
  text: sent,
  ...(times && { times }),
});
