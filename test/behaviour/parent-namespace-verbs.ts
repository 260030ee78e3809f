/** Methods of a dynamic namespace that the reference server lacks, though its types declare them. */
import expect from "expect.js";
import { ownSuite } from "../support/own-tests";
import { startServer } from "../support/server";
import { eventually, nextEvent, nextValue } from "../support/waiting";

async function twoWorkspaces() {
  const { io, pair } = await startServer();
  const parent = io.of(/^\/workspace-\d$/);
  const first = await pair("/workspace-1");
  const second = await pair("/workspace-2");
  return { io, parent, first, second };
}

ownSuite("the methods of a dynamic namespace", () => {
  it("send to the rooms of all its namespaces, except to the excluded ones [41]", async () => {
    const { parent, first, second } = await twoWorkspaces();
    first.socket.join("room");
    second.socket.join(["room", "quiet"]);
    const received: string[] = [];
    first.client.onAny((event) => received.push(`first ${event}`));
    second.client.onAny((event) => received.push(`second ${event}`));
    parent.to("room").except("quiet").emit("to some");
    parent.to("room").emit("to both");
    await Promise.all([nextEvent(first.client, "to both"), nextEvent(second.client, "to both")]);
    expect(received.sort()).to.eql(["first to both", "first to some", "second to both"]);
  });

  it("pass a separate copy of the packet to each namespace, which its adapter can modify [41]", async () => {
    const { io, pair } = await startServer({ connectionStateRecovery: {} });
    const parent = io.of(/^\/workspace-\d$/);
    const { client: first } = await pair("/workspace-1");
    const { client: second } = await pair("/workspace-2");
    const events = Promise.all([nextEvent(first, "hello"), nextEvent(second, "hello")]);
    parent.in([]).emit("hello", "world");
    for (const args of await events) {
      expect(args).to.have.length(2);
      expect(args[0]).to.be("world");
    }
  });

  it("collect the acknowledgements of all its namespaces [57]", async () => {
    const { parent, first, second } = await twoWorkspaces();
    first.client.on("question", (reply) => reply("one"));
    second.client.on("question", (reply) => reply("two"));
    const answers = await parent.timeout(5_000).emitWithAck("question");
    expect(answers.sort()).to.eql(["one", "two"]);
  });

  it("leave no acknowledgement behind after the timeout [58]", async () => {
    const { parent, first, second } = await twoWorkspaces();
    const error = await parent
      .timeout(5)
      .emitWithAck("question")
      .catch((error) => error);
    expect(error.responses).to.eql([]);
    await eventually(() => first.socket.acks.size + second.socket.acks.size === 0);
  });

  it("move and disconnect the sockets of all its namespaces [68]", async () => {
    const { parent, first, second } = await twoWorkspaces();
    parent.socketsJoin("here");
    expect([first.socket.rooms.has("here"), second.socket.rooms.has("here")]).to.eql([true, true]);
    expect([...(await parent.in("here").allSockets())].sort()).to.eql(
      [first.socket.id, second.socket.id].sort(),
    );
    parent.socketsLeave("here");
    expect([first.socket.rooms.has("here"), second.socket.rooms.has("here")]).to.eql([false, false]);
    const gone = Promise.all([nextValue(first.client, "disconnect"), nextValue(second.client, "disconnect")]);
    parent.disconnectSockets();
    expect(await gone).to.eql(["io server disconnect", "io server disconnect"]);
  });

  it("pass an event for other servers to the adapter of each namespace [69]", async () => {
    const { parent, first, second } = await twoWorkspaces();
    const sent: unknown[] = [];
    for (const { socket } of [first, second]) {
      socket.nsp.adapter.serverSideEmit = (args: unknown[]) => sent.push([socket.nsp.name, ...args]);
    }
    parent.serverSideEmit("hello", 1);
    expect(sent).to.eql([
      ["/workspace-1", "hello", 1],
      ["/workspace-2", "hello", 1],
    ]);
  });

  it("do not fetch sockets, not even those of a room [41]", async () => {
    const { parent } = await twoWorkspaces();
    const message = "fetchSockets() is not supported on parent namespaces";
    expect(() => parent.fetchSockets()).to.throwException((error: Error) =>
      expect(error.message).to.be(message),
    );
    const error = await parent
      .in("room")
      .fetchSockets()
      .catch((error) => error);
    expect(error.message).to.be(message);
  });
});
