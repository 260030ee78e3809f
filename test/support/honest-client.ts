/** A client that sends nothing that a guard could refuse. */
import expect from "expect.js";
import type { ClientOptions, Running } from "./server";
import { roundTrip } from "./waiting";

/** Connects such a client. The function that it returns checks that the server still answers this client. */
export async function honestClient(running: Running, options?: ClientOptions): Promise<() => Promise<void>> {
  // tests block the event loop: an upgrade that is delayed by more than upgradeTimeout would leave the client without a transport
  const { client, socket } = await running.pair("/", { transports: ["websocket"], ...options });
  socket.on("round trip", (answer: () => void) => answer());
  return async () => {
    await roundTrip(client);
    expect(client.connected).to.be(true);
  };
}
