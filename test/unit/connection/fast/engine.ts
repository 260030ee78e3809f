import expect from "expect.js";
import { startServer } from "../../../support/server";

describe("the engine of the fast path", () => {
  it("adds no listener for the middlewares of an upgrade if there are none", async () => {
    const { io, pair } = await startServer();
    const transports = ["websocket"];
    const listenersOf = async () =>
      (await pair("/", { transports })).socket.request.socket.listenerCount("close") as number;
    const without = await listenersOf();
    io.engine.use((_req: unknown, _res: unknown, next: () => void) => next());
    expect(await listenersOf()).to.be(without + 1);
  });
});
