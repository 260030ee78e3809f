import expect from "expect.js";
import * as z from "zod";
import { contract } from "../../lib/contract/contract";
import { outline, startGuarded } from "../support/handler-errors";
import { joinWire } from "../support/joined";
import { ownSuite } from "../support/own-tests";
import { startServer } from "../support/server";
import { Server } from "../support/subject";
import { nextEvent } from "../support/waiting";

const chat = contract({
  clientToServer: { text: { args: z.string() } },
  serverToClient: { text: { args: z.string() } },
});
const admin = contract({
  clientToServer: { ban: { args: z.number() } },
  serverToClient: { banned: { args: z.number() } },
});

/** The error that a call throws. */
function failureOf(call: () => unknown): Error & { code?: string } {
  try {
    call();
  } catch (error) {
    return error as Error;
  }
  throw new Error("no error was thrown");
}

ownSuite("the contract of a namespace", () => {
  it("is its own, or else that of the server", async () => {
    const running = await startGuarded({ contract: chat });
    const { io } = running;
    io.of("/admin", { contract: admin });
    io.of("/lobby");
    for (const [name, right, wrong] of [
      ["/", '["text","a"]', '["ban",1]'],
      ["/admin", '["ban",1]', '["text","a"]'],
      ["/lobby", '["text","a"]', '["ban",1]'],
    ] as const) {
      const { wire, socket } = await joinWire(running, name);
      const [event, value] = JSON.parse(right);
      const heard = nextEvent(socket, event);
      const prefix = name === "/" ? "42" : `42${name},`;
      wire.send(prefix + wrong, prefix + right);
      expect(await heard).to.eql([value]);
    }
    expect(outline(running.reported).map(([, event]) => event)).to.eql(["ban", "text", "ban"]);
    expect(() => io.of("/admin").emit("text", "a")).to.throwException(/no event "text"/);
    io.of("/admin").emit("banned", 1);
  });

  it("exists without one of the server", async () => {
    const running = await startGuarded();
    running.io.of("/admin", { contract: admin });
    const { wire, socket } = await joinWire(running, "/admin");
    wire.send('42/admin,["ban","x"]');
    await running.errors(1);
    expect(socket.connected).to.be(true);
    const plain = await joinWire(running);
    const heard = nextEvent(plain.socket, "anything");
    plain.wire.send('42["anything"]');
    await heard;
  });

  it("may differ in what happens to unknown events", async () => {
    const running = await startGuarded({ contract: chat });
    running.io.of("/open", { unknownEvents: "allow" });
    const { wire, socket } = await joinWire(running, "/open");
    const heard = nextEvent(socket, "other");
    wire.send('42/open,["text",1]', '42/open,["other",1]');
    await heard;
    expect(running.reported.length).to.be(1);
  });

  it("applies to the children of a dynamic namespace", async () => {
    const running = await startGuarded();
    const parent = running.io.of(/^\/room-\d+$/, { contract: admin });
    const { wire, socket } = await joinWire(running, "/room-1");
    const heard = nextEvent(socket, "ban");
    wire.send('42/room-1,["ban","x"]', '42/room-1,["ban",2]');
    expect(await heard).to.eql([2]);
    expect(() => parent.emit("banned", "x" as never)).to.throwException(/"banned" does not follow/);
    parent.emit("banned", 7);
    parent.to("nobody").emit("banned", 8);
    expect(await wire.next()).to.be('42/room-1,["banned",7]');
  });

  it("is that of the server for dynamic namespaces and their children, too", () => {
    const io = new Server({ contract: chat });
    const parent = io.of(/^\/room-\d$/);
    const child = io.of("/room-1");
    for (const nsp of [parent, child] as any[]) {
      expect(() => nsp.to("nobody").emit("banned")).to.throwException(/no event "banned"/);
      nsp.emit("text", "a");
    }
  });

  it("checks what a dynamic namespace sends, also before it has children", async () => {
    const parent = (await startServer()).io.of(/^\/room-\d+$/, { contract: admin });
    for (const send of [
      () => parent.emit("banned", "x" as never),
      () => parent.to("room").emit("banned", "x" as never),
    ]) {
      const { code, message } = failureOf(send);
      expect(code).to.be("INVALID_PAYLOAD");
      expect(message).to.match(/"banned" does not follow/);
    }
    expect(parent.emit("banned", 7)).to.be(true);
  });

  it("checks an event for all children of a dynamic namespace once, and again where a child has its own", async () => {
    const checked: string[] = [];
    const counted = (name: string) => {
      const validate = (value: unknown) => {
        checked.push(`${name} ${value}`);
        return { value: value as number };
      };
      return contract({
        serverToClient: {
          banned: { args: { "~standard": { version: 1, vendor: "test", validate } } },
        },
      });
    };
    const running = await startServer();
    const pattern = /^\/room-\d+$/;
    const parent: any = running.io.of(pattern, { contract: counted("first") });
    const [one] = [running.io.of("/room-1"), running.io.of("/room-2")];
    parent.emit("banned", 1);
    expect(checked.splice(0)).to.eql(["first 1"]);

    running.io.of(pattern, { contract: counted("second") });
    parent.emit("banned", 2);
    expect(checked.splice(0)).to.eql(["second 2"]);

    running.io.of("/room-2", { contract: counted("own") });
    parent.emit("banned", 3);
    expect(checked.splice(0)).to.eql(["second 3", "own 3"]);

    // the first child emits an event of its own while that of the parent is sent
    const { adapter } = one as any;
    const broadcast = adapter.broadcast.bind(adapter);
    adapter.broadcast = (...args: unknown[]) => {
      adapter.broadcast = broadcast;
      one?.emit("banned", 5 as never);
      broadcast(...args);
    };
    parent.emit("banned", 4);
    expect(checked.splice(0)).to.eql(["second 4", "second 5", "own 4"]);
    one?.emit("banned", 4 as never);
    expect(checked.splice(0)).to.eql(["second 4"]);
  });

  it("may be given later, until clients are connected, and given again", async () => {
    const running = await startServer();
    const { io } = running;
    const nsp = io.of("/admin");
    expect(io.of("/admin", { contract: admin }) as unknown).to.be(nsp);
    await joinWire(running, "/admin");
    expect(io.of("/admin", { contract: admin }) as unknown).to.be(nsp);
    expect(io.of("/admin") as unknown).to.be(nsp);
    expect(failureOf(() => io.of("/admin", { contract: chat })).message).to.be(
      '"contract" must be given before clients connect to the namespace "/admin", got other settings',
    );
    await joinWire(running);
    expect(failureOf(() => io.of("/", { contract: chat })).code).to.be("INVALID_OPTION");
  });

  it("may be none, with contract: null, whatever the contract of the server", async () => {
    const running = await startGuarded({ contract: contract({ auth: z.object({ token: z.string() }) }) });
    const { io } = running;
    io.of("/before");
    for (const name of ["/admin", "/before"]) {
      const nsp = io.of(name, { contract: null });
      io.of(name, { validateOutgoing: "always" });
      const { wire, socket } = await joinWire(running, name);
      const heard = nextEvent(socket, "anything");
      wire.send(`42${name},["anything",1]`);
      expect(await heard).to.eql([1]);
      nsp.emit("server_stats", {});
      expect(await wire.next()).to.be(`42${name},["server_stats",{}]`);
    }
    expect(() => io.emit("server_stats")).to.throwException(/no event "server_stats"/);
    expect(() => io.of("/lobby", { contract: undefined }).emit("x" as never)).to.throwException(/no event/);
  });

  it("may be none in a dynamic namespace, in its children, or in one of them", () => {
    const io = new Server({ contract: chat });
    io.of(/^\/tool-\d$/, { contract: null });
    (io.of("/tool-1") as any).emit("anything");
    const rooms: any = io.of(/^\/room-\d$/);
    const [one, two] = ["/room-1", "/room-2"].map((name) => io.of(name)) as any[];
    io.of("/room-1", { contract: null });
    one.emit("anything");
    expect(() => two.emit("anything")).to.throwException(/no event/);
    io.of(/^\/room-\d$/, { contract: null });
    two.emit("anything");
    rooms.emit("anything");
    (io.of("/room-3") as any).emit("anything");
  });

  it("stays while clients are connected to the namespace", async () => {
    const running = await startServer({ contract: chat });
    const { io } = running;
    await joinWire(running, "/");
    expect(failureOf(() => io.of("/", { contract: null })).code).to.be("INVALID_OPTION");
    io.of("/admin", { contract: null });
    await joinWire(running, "/admin");
    io.of("/admin", { contract: null });
    expect(failureOf(() => io.of("/admin", { contract: chat })).code).to.be("INVALID_OPTION");
  });

  for (const [what, options, message] of [
    [
      "a definition",
      { contract: {} },
      /^"contract" must be a contract, made by contract\(\) of socket\.io\/contract/,
    ],
    [
      "another text",
      { contract: chat, unknownEvents: "drop" },
      /^"unknownEvents" must be "refuse" or "allow"/,
    ],
    [
      "a boolean",
      { validateOutgoing: true },
      /^"validateOutgoing" must be "development" or "always" or "never"/,
    ],
  ] as const) {
    it(`throws INVALID_OPTION for ${what}`, () => {
      const error = failureOf(() => new Server(options as never));
      expect([error.code, message.test(error.message)]).to.eql(["INVALID_OPTION", true]);
      expect(failureOf(() => new Server().of("/a", options as never)).code).to.be("INVALID_OPTION");
    });
  }
});
