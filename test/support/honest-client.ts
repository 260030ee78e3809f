/** A client that sends nothing that a guard could refuse. */
import expect from "expect.js";
import type { ClientOptions, Running } from "./server";
import { roundTrip } from "./waiting";

/** Connects such a client. The function that it returns checks that the server still answers this client. */
export async function honestClient(running: Running, options?: ClientOptions): Promise<() => Promise<void>> {
  const { client, socket } = await running.pair("/", options);
  socket.on("round trip", (answer: () => void) => answer());
  return async () => {
    await roundTrip(client);
    expect(client.connected).to.be(true);
  };
}
