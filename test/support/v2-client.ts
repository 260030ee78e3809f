/** Clients of Socket.IO v2, which speak Engine.IO protocol 3. */
import { onTestEnd } from "./cleanup";

const io = require("socket.io-client-v2");

/** A v2 client for any address, which is disconnected when the test ends. */
export function connectV2(url: string, options: object = {}): any {
  const client = io(url, { forceNew: true, ...options });
  onTestEnd(() => client.disconnect());
  return client;
}
