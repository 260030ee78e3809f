import { EventEmitter } from "node:events";
import expect from "expect.js";
import { Adapter, fakeNamespace } from "../../support/fake-namespace";

/** The events that the adapter emits. */
function recordEvents(adapter: EventEmitter): string[][] {
  const events: string[][] = [];
  for (const name of ["create-room", "delete-room", "join-room", "leave-room"]) {
    adapter.on(name, (...args: string[]) => events.push([name, ...args]));
  }
  return events;
}

/** The entries of the map, as arrays. */
function entriesOf(map: Map<string, Set<string>>): [string, string[]][] {
  return [...map].map(([key, values]) => [key, [...values]]);
}

describe("the in-memory adapter", () => {
  it("is an event emitter with its namespace, and has no rooms at first [72]", () => {
    const namespace = fakeNamespace();
    const { adapter } = namespace;
    expect(adapter).to.be.an(EventEmitter);
    expect(adapter.nsp).to.be(namespace);
    expect(adapter.rooms).to.be.a(Map);
    expect(adapter.rooms.size).to.be(0);
    expect(adapter.sids).to.be.a(Map);
    expect(adapter.sids.size).to.be(0);
  });

  it("can be initialised and closed, and counts one server [72]", async () => {
    const { adapter } = fakeNamespace();
    await adapter.init();
    await adapter.close();
    expect(await adapter.serverCount()).to.be(1);
  });

  it("can be extended, and its methods overridden [72]", () => {
    const calls: string[] = [];
    class Extended extends Adapter {
      override addAll(id: string, rooms: Set<string>) {
        calls.push(id);
        return super.addAll(id, rooms);
      }
    }
    const { adapter } = fakeNamespace(Extended);
    adapter.addAll("a", new Set(["x"]));
    expect(calls).to.eql(["a"]);
    expect(adapter.rooms.has("x")).to.be(true);
  });

  it("addAll() adds an id to rooms, in both maps [72]", () => {
    const { adapter } = fakeNamespace();
    adapter.addAll("a", new Set(["x", "y"]));
    adapter.addAll("b", new Set(["x"]));
    adapter.addAll("a", new Set(["x", "z"]));
    expect(entriesOf(adapter.rooms)).to.eql([
      ["x", ["a", "b"]],
      ["y", ["a"]],
      ["z", ["a"]],
    ]);
    expect(entriesOf(adapter.sids)).to.eql([
      ["a", ["x", "y", "z"]],
      ["b", ["x"]],
    ]);
  });

  it("addAll() with no rooms adds the id [72]", () => {
    const { adapter } = fakeNamespace();
    adapter.addAll("a", new Set());
    expect([...adapter.sids.get("a")!]).to.eql([]);
    expect(adapter.rooms.size).to.be(0);
  });

  it("addAll() emits events for each new room, and for each room that is joined [73]", () => {
    const { adapter } = fakeNamespace();
    const events = recordEvents(adapter);
    adapter.addAll("a", new Set(["x", "y"]));
    adapter.addAll("b", new Set(["y"]));
    adapter.addAll("a", new Set(["y", "x"]));
    expect(events).to.eql([
      ["create-room", "x"],
      ["join-room", "x", "a"],
      ["create-room", "y"],
      ["join-room", "y", "a"],
      ["join-room", "y", "b"],
    ]);
  });

  it("del() removes an id from a room, and removes an empty room [72, 73]", () => {
    const { adapter } = fakeNamespace();
    adapter.addAll("a", new Set(["x", "y"]));
    adapter.addAll("b", new Set(["x"]));
    const events = recordEvents(adapter);
    adapter.del("a", "x");
    expect([...adapter.rooms.get("x")!]).to.eql(["b"]);
    expect([...adapter.sids.get("a")!]).to.eql(["y"]);
    adapter.del("b", "x");
    expect(adapter.rooms.has("x")).to.be(false);
    expect(events).to.eql([
      ["leave-room", "x", "a"],
      ["leave-room", "x", "b"],
      ["delete-room", "x"],
    ]);
  });

  it("del() keeps an id that is no longer in a room [72]", () => {
    const { adapter } = fakeNamespace();
    adapter.addAll("a", new Set(["x"]));
    adapter.del("a", "x");
    expect([...adapter.sids.get("a")!]).to.eql([]);
  });

  it("del() of an unknown id or room does nothing [72, 73]", () => {
    const { adapter } = fakeNamespace();
    adapter.addAll("a", new Set(["x"]));
    adapter.addAll("b", new Set(["y"]));
    const events = recordEvents(adapter);
    adapter.del("a", "y");
    adapter.del("a", "nothing");
    adapter.del("nobody", "x");
    adapter.del("nobody", "nothing");
    expect(events).to.eql([]);
    expect(adapter.rooms.size).to.be(2);
    expect([...adapter.sids.keys()]).to.eql(["a", "b"]);
  });

  it("delAll() removes an id and its rooms [72, 73]", () => {
    const { adapter } = fakeNamespace();
    adapter.addAll("a", new Set(["a", "x", "y"]));
    adapter.addAll("b", new Set(["y"]));
    const events = recordEvents(adapter);
    adapter.delAll("a");
    expect(entriesOf(adapter.rooms)).to.eql([["y", ["b"]]]);
    expect([...adapter.sids.keys()]).to.eql(["b"]);
    expect(events).to.eql([
      ["leave-room", "a", "a"],
      ["delete-room", "a"],
      ["leave-room", "x", "a"],
      ["delete-room", "x"],
      ["leave-room", "y", "a"],
    ]);
  });

  it("delAll() of an unknown id does nothing [72]", () => {
    const { adapter } = fakeNamespace();
    const events = recordEvents(adapter);
    adapter.delAll("nobody");
    expect(events).to.eql([]);
    expect(adapter.sids.size).to.be(0);
  });

  it("socketRooms() returns the rooms of an id, or undefined [72]", () => {
    const { adapter } = fakeNamespace();
    adapter.addAll("a", new Set(["x"]));
    expect([...adapter.socketRooms("a")!]).to.eql(["x"]);
    expect(adapter.socketRooms("nobody")).to.be(undefined);
  });

  it("sockets() returns the ids in any of the rooms, or all ids without rooms [72]", async () => {
    const namespace = fakeNamespace();
    const { adapter } = namespace;
    namespace.add("a", "x");
    namespace.add("b", "x", "y");
    namespace.add("c", "y");
    expect([...(await adapter.sockets(new Set()))]).to.eql(["a", "b", "c"]);
    expect([...(await adapter.sockets(new Set(["x"])))]).to.eql(["a", "b"]);
    expect([...(await adapter.sockets(new Set(["y", "x"])))]).to.eql(["b", "c", "a"]);
    expect([...(await adapter.sockets(new Set(["nothing"])))]).to.eql([]);
  });

  it("sockets() excludes ids of sockets that are not in the namespace [72]", async () => {
    const namespace = fakeNamespace();
    namespace.add("a", "x");
    namespace.adapter.addAll("early", new Set(["x"]));
    expect([...(await namespace.adapter.sockets(new Set(["x"])))]).to.eql(["a"]);
    expect([...(await namespace.adapter.sockets(new Set()))]).to.eql(["a"]);
  });

  it("stores no sessions [72]", async () => {
    const { adapter } = fakeNamespace();
    adapter.persistSession({ pid: "p", sid: "s", rooms: [], data: {} });
    expect(await adapter.restoreSession("p", "0")).to.be(null);
  });

  it("serverSideEmit() emits a warning [77]", () => {
    const { warn } = console;
    const warnings: string[] = [];
    console.warn = (message: string) => warnings.push(message);
    try {
      fakeNamespace().adapter.serverSideEmit(["hello"]);
    } finally {
      console.warn = warn;
    }
    expect(warnings).to.have.length(1);
    expect(warnings[0]).to.contain("this adapter does not support the serverSideEmit() functionality");
  });
});
