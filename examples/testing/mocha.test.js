// mocha examples/testing/mocha.test.js
const assert = require("node:assert/strict");
const { createTestServer, installClock, settled, waitFor } = require("socket.io/testing");
const { createApp } = require("./app");

describe("the chat", () => {
  let clock;
  let server;

  beforeEach(() => {
    clock = installClock();
    server = createTestServer(createApp().io);
  });

  afterEach(async () => {
    await server.close();
    clock.uninstall();
  });

  it("sends a message to the others in the room", async () => {
    const [ada, bob, eve] = await Promise.all(
      ["Ada", "Bob", "Eve"].map((name) => server.connect("/", { auth: { name } })),
    );
    await Promise.all([ada.emitWithAck("join", "tea"), bob.emitWithAck("join", "tea")]);
    const heardByEve = [];
    eve.onAny((event) => heardByEve.push(event));

    const received = waitFor(bob, "message");
    ada.emit("message", "tea", "Hello!");

    assert.deepEqual(await received, ["Ada", "Hello!"]);
    await settled();
    assert.deepEqual(heardByEve, []);
  });

  it("refuses a client without a name", async () => {
    await assert.rejects(server.connect(), { message: "a name is required" });
  });

  it("says that a member whose network is down has left", async () => {
    const ada = await server.connect("/", { auth: { name: "Ada" } });
    const bob = await server.connect("/", { auth: { name: "Bob" } });
    await Promise.all([ada.emitWithAck("join", "tea"), bob.emitWithAck("join", "tea")]);

    const left = waitFor(bob, "left");
    server.cut(ada);
    await clock.advance(45_000); // pingInterval + pingTimeout

    assert.deepEqual(await left, ["Ada"]);
  });
});
