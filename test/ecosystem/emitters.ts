/** Emitters, which send to the clients of the servers from a process without a server. */
import expect from "expect.js";
import { eventually, nextEvent } from "../support/waiting";
import { type ProcessNode, startProcess } from "./support/nodes";
import { redisServer } from "./support/redis";
import { type Member, openStage, type Trio } from "./support/stage";
import { tested } from "./support/tested";
import { type EngineTrio, startTrio } from "./support/trio";

const emitterRemark =
  "The emitter works with the plain Redis adapter. npm has no emitter for the sharded adapter or for Redis streams.";

for (const client of ["redis", "ioredis"] as const) {
  tested(
    {
      area: "Adapters",
      name: `Redis emitter with ${client}`,
      packages: ["@socket.io/redis-emitter", "@socket.io/redis-adapter", client],
      programs: [redisServer],
      remark: emitterRemark,
    },
    () => emitterVerbs(client),
  );
}

function emitterVerbs(client: "redis" | "ioredis"): void {
  let trio: EngineTrio | undefined;
  before(async () => {
    trio = await startTrio({ adapter: "redis", client })();
  });
  after(() => trio?.stop());

  const open = async () => {
    const { engine } = trio!;
    // started in the test, and ended with it
    const emitter: ProcessNode<any> = await startProcess<any>({ role: "emitter", engine });
    const stage = await openStage(trio as Trio);
    /** Resolves when these clients have received everything that the emitter has sent. */
    const settled = (...members: Member[]) => {
      const marked = members.map(({ socket }) => nextEvent(socket, "mark"));
      const sent = emitter.run((root, namespace) => void root.of(namespace).emit("mark"), stage.namespace);
      return Promise.all([sent, ...marked]);
    };
    return { emitter, stage, settled };
  };

  it("sends to all, to rooms and to all but some rooms, with binary data, in namespaces", async () => {
    const { emitter, stage, settled } = await open();
    const members = await stage.joinEach({ rooms: ["x"] }, { rooms: ["x", "y"] }, { rooms: ["z"] });
    await emitter.run((root, namespace) => {
      root.emit("to the main namespace");
      const nsp = root.of(namespace);
      nsp.emit("to all", 1, { two: [null] });
      nsp.to("x").except("y").emit("to x except y");
      nsp.to(["y", "z"]).emit("to y and z");
    }, stage.namespace);
    await settled(...members);
    const all = ["to all", 1, { two: [null] }];
    const seen = members.map((member) => member.seen);
    expect(seen[0]).to.eql([all, ["to x except y"]]);
    expect(seen[1]).to.eql([all, ["to y and z"]]);
    expect(seen[2]).to.eql([all, ["to y and z"]]);
    const came = members.map(({ socket }) => nextEvent(socket, "bytes"));
    await emitter.run(
      (root, namespace, bytes) => void root.of(namespace).emit("bytes", bytes, "x".repeat(20_000)),
      stage.namespace,
      Buffer.from([1, 2, 255]),
    );
    for (const [bytes, text] of await Promise.all(came)) {
      expect([...bytes]).to.eql([1, 2, 255]);
      expect(text.length).to.be(20_000);
    }
  });

  it("makes sockets join and leave rooms, and disconnects them", async () => {
    const { emitter, stage, settled } = await open();
    const members = await stage.joinEach({ rooms: ["x"] }, { rooms: ["x"] }, { rooms: ["z"] });
    await emitter.run((root, namespace) => {
      const nsp = root.of(namespace);
      nsp.in("x").socketsJoin(["y"]);
      nsp.in("z").socketsLeave("z");
    }, stage.namespace);
    const count = (room: string) =>
      stage.run(0, async (nsp, name) => (await nsp.in(name).fetchSockets()).length, room);
    await eventually(async () => (await count("y")) === 2 && (await count("z")) === 0);
    const gone = members.slice(0, 2).map(({ socket }) => nextEvent(socket, "disconnect"));
    await emitter.run(
      (root, namespace) => void root.of(namespace).in("y").disconnectSockets(true),
      stage.namespace,
    );
    await Promise.all(gone);
    await settled(members[2]!);
    expect(members[2]!.socket.connected).to.be(true);
  });

  it("sends events to the servers", async () => {
    const { emitter, stage } = await open();
    for (const server of [0, 1, 2]) {
      await stage.run(server, (nsp) => {
        nsp.on("note" as any, (...args: unknown[]) => Object.assign(nsp, { noted: args }));
      });
    }
    await emitter.run(
      (root, namespace) => void root.of(namespace).serverSideEmit("note", 1, "two"),
      stage.namespace,
    );
    for (const server of [0, 1, 2]) {
      const noted = () => stage.run(server, (nsp) => (nsp as any).noted);
      await eventually(noted);
      expect(await noted()).to.eql([1, "two"]);
    }
  });
}
