import expect from "expect.js";
import { startServer } from "../support/server";

describe("connecting", () => {
  it("gives the client an id [27]", async () => {
    const { pair } = await startServer();
    const { client, socket } = await pair();
    expect(client.id).to.be(socket.id);
  });
});
