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

export const poll = (on: number): Step => ({
  do: "request",
  on,
  method: "GET",
  query: `EIO=4&transport=polling&sid=$sid${on}`,
});

export const post = (on: number, body: string, headers?: Record<string, string>): Step => ({
  do: "request",
  on,
  method: "POST",
  query: `EIO=4&transport=polling&sid=$sid${on}`,
  body,
  ...(headers && { headers }),
});

export const text = (on: number, sent: string, times?: number): Step => ({
  do: "text",
  on,
  text: sent,
  ...(times && { times }),
});
