// vitest run examples/testing/vitest.test.mjs
import { createTestServer, installClock, waitFor } from "socket.io/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import app from "./app.js";

describe("the chat", () => {
  let clock;
  let server;

  beforeEach(() => {
    clock = installClock();
    server = createTestServer(app.createApp().io);
  });

  afterEach(async () => {
    await server.close();
    clock.uninstall();
  });

  const join = async (name) => {
    const client = await server.connect("/", { auth: { name } });
    await client.emitWithAck("join", "tea");
    return client;
  };

  test("sends a message to the others in the room", async () => {
    const [ada, bob] = [await join("Ada"), await join("Bob")];
    const received = waitFor(bob, "message");
    ada.emit("message", "tea", "Hello!");
    expect(await received).toEqual(["Ada", "Hello!"]);
  });

  test("refuses a client without a name", async () => {
    await expect(server.connect()).rejects.toThrow("a name is required");
  });

  test("says that a member whose network is down has left", async () => {
    const [ada, bob] = [await join("Ada"), await join("Bob")];
    const left = waitFor(bob, "left");
    server.cut(ada);
    await clock.advance(45_000); // pingInterval + pingTimeout
    expect(await left).toEqual(["Ada"]);
  });
});
