/** What the tests of guards share: a client that does nothing wrong, and what the guards tell. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import expect from "expect.js";
import { onTestEnd } from "./cleanup";
import type { ClientOptions, Running } from "./server";
import { roundTrip } from "./waiting";

/** Connects a client that does nothing wrong; the function tells whether it is still answered. */
export async function honestClient(running: Running, options?: ClientOptions): Promise<() => Promise<void>> {
  const { client, socket } = await running.pair("/", options);
  socket.on("round trip", (answer: () => void) => answer());
  return async () => {
    await roundTrip(client);
    expect(client.connected).to.be(true);
  };
}

export interface ToldGuard {
  code: string;
  address?: string;
  conn?: unknown;
  detail?: unknown;
}

/** What is told on the channel of the guards, as long as the test runs. */
export function toldGuards(): ToldGuard[] {
  const told: ToldGuard[] = [];
  const listener = (message: unknown) => told.push(message as ToldGuard);
  subscribe("socket.io:guard", listener);
  onTestEnd(() => unsubscribe("socket.io:guard", listener));
  return told;
}
