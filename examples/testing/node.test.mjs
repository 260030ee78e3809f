// node --test examples/testing/node.test.mjs
import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestServer, installClock, waitFor } from "socket.io/testing";
import app from "./app.js";

test("a message reaches the others in the room", async (t) => {
  const { connect, close } = createTestServer(app.createApp().io);
  t.after(close);
  const ada = await connect("/", { auth: { name: "Ada" } });
  const bob = await connect("/", { auth: { name: "Bob" } });
  await Promise.all([ada.emitWithAck("join", "tea"), bob.emitWithAck("join", "tea")]);

  const received = waitFor(bob, "message");
  ada.emit("message", "tea", "Hello!");

  assert.deepEqual(await received, ["Ada", "Hello!"]);
});

test("a client without a name is refused", async (t) => {
  const { connect, close } = createTestServer(app.createApp().io);
  t.after(close);
  await assert.rejects(connect(), { message: "a name is required" });
});

test("a member whose network is down leaves the room", async (t) => {
  const clock = installClock();
  const { connect, cut, close } = createTestServer(app.createApp().io);
  t.after(async () => {
    await close();
    clock.uninstall();
  });
  const ada = await connect("/", { auth: { name: "Ada" } });
  const bob = await connect("/", { auth: { name: "Bob" } });
  await Promise.all([ada.emitWithAck("join", "tea"), bob.emitWithAck("join", "tea")]);

  const left = waitFor(bob, "left");
  cut(ada);
  await clock.advance(45_000); // pingInterval + pingTimeout

  assert.deepEqual(await left, ["Ada"]);
});
