/** All methods of the adapter contract, on three servers that share an adapter. */
import expect from "expect.js";
import { onTestEnd } from "../../support/cleanup";
import { nextEvent } from "../../support/waiting";
import type { NodeOptions } from "./nodes";
import { acquainted, type Member, openStage, type Stage, type StartTrio, stageOf, type Trio } from "./stage";
import { serverVerbs } from "./verbs-servers";
import { socketVerbs } from "./verbs-sockets";

/** Features that some adapters lack. */
export type Lack = "binary between servers" | "namespaces that come again";

/** The reasons, for docs/ecosystem.md. */
export const reasons: Record<Lack, string> = {
  "binary between servers":
    "Its `serverSideEmit` messages are JSON: binary arguments arrive as the JSON of a Buffer.",
  "namespaces that come again":
    "Its adapters continue to listen and to count when their namespace is removed (`cleanupEmptyChildNamespaces`).",
};

export function remarkOf(...lacks: Lack[]): string {
  return lacks.map((lack) => reasons[lack]).join(" ");
}

/** Tests all methods, except those that the adapter lacks. */
export function verbs(start: StartTrio, lacks: Lack[] = []): void {
  let trio: Trio | undefined;

  before(async () => {
    trio = await start();
  });
  after(() => trio?.stop());

  const stage = () => openStage(trio!);
  const other = async (options: NodeOptions) => {
    const started = await start(options);
    onTestEnd(() => started.stop());
    return started;
  };
  broadcastVerbs(stage);
  socketVerbs(stage);
  serverVerbs(stage, lacks);
  dynamicNamespaces(() => trio!, lacks);

  it("clients with the MessagePack parser receive events of other servers", async () => {
    const { default: parser } = await import("socket.io-msgpack-parser");
    const { joinEach, run } = await openStage(await other({ msgpack: true }));
    const members = await joinEach({ parser }, { parser }, { parser });
    const came = members.map(({ socket }) => nextEvent(socket, "packed"));
    await run(1, (nsp) => void nsp.emit("packed", { text: "ü", bytes: Buffer.from([1, 2]) }));
    for (const [{ text, bytes }] of await Promise.all(came)) {
      expect(text).to.be("ü");
      expect([...bytes]).to.eql([1, 2]);
    }
  });
}

function broadcastVerbs(open: () => Promise<Stage>): void {
  it("a broadcast reaches each client of all three servers once", async () => {
    const { joinEach, run, settled } = await open();
    const members = await joinEach();
    for (const server of [0, 1, 2]) {
      await run(server, (nsp, from) => void nsp.emit("hello", from, { nested: [null, 1.5] }), server);
      await settled(server, ...members);
    }
    for (const { seen } of members) {
      expect(seen).to.eql([0, 1, 2].map((from) => ["hello", from, { nested: [null, 1.5] }]));
    }
  });

  it("the broadcasts of one server arrive in order on all servers", async () => {
    const { joinEach, run, settled } = await open();
    const members = await joinEach({ rooms: ["x"] }, { rooms: ["x"] }, { rooms: ["x"] });
    await run(0, (nsp) => {
      for (let number = 0; number < 100; number++) {
        (number % 2 ? nsp.to("x") : nsp).emit("number", number);
      }
    });
    await settled(0, ...members);
    const numbers = Array.from({ length: 100 }, (_, number) => ["number", number]);
    for (const { seen } of members) {
      expect(seen).to.eql(numbers);
    }
  });

  it("a broadcast to rooms reaches the members of any of them, except the members of excluded rooms", async () => {
    const { join, run, settled } = await open();
    const members: Member[] = [];
    for (const server of [0, 1, 2]) {
      for (const rooms of [["x"], ["x", "y"], ["z"], ["x", "z"], []]) {
        members.push(await join(server, { rooms }));
      }
    }
    await run(0, (nsp) => {
      nsp.to("x").emit("to x");
      nsp.to(["x", "z"]).except("y").emit("to x and z except y");
      nsp.except(["x", "z"]).emit("except x and z");
      nsp.to("nobody").emit("to nobody");
    });
    await settled(0, ...members);
    const expected = [
      ["to x", "to x and z except y"],
      ["to x"],
      ["to x and z except y"],
      ["to x", "to x and z except y"],
      ["except x and z"],
    ];
    expect(members.map(({ seen }) => seen.map(([name]) => name))).to.eql([
      ...expected,
      ...expected,
      ...expected,
    ]);
  });

  it("a socket broadcasts to all others, and sends to another socket by id", async () => {
    const { joinEach, run, settled } = await open();
    const members = await joinEach();
    const [near, , far] = members.map(({ id }) => id) as [string, string, string];
    await run(
      0,
      (nsp, from, to) => {
        const socket = nsp.sockets.get(from)!;
        socket.broadcast.emit("to the others");
        socket.to(to).emit("to you");
      },
      near,
      far,
    );
    await settled(0, ...members);
    expect(members.map(({ seen }) => seen.map(([name]) => name))).to.eql([
      [],
      ["to the others"],
      ["to the others", "to you"],
    ]);
  });

  it("a local broadcast reaches only clients of its server", async () => {
    const { joinEach, run, settled } = await open();
    const members = await joinEach();
    await run(1, (nsp) => void nsp.local.emit("local"));
    await settled(1, ...members);
    expect(members.map(({ seen }) => seen.length)).to.eql([0, 1, 0]);
  });

  it("a volatile broadcast reaches clients that are ready", async () => {
    const { joinEach, run, settled } = await open();
    const webSocket = { transports: ["websocket"] };
    const members = await joinEach(webSocket, webSocket, webSocket);
    await settled(2, ...members);
    const came = members.map(({ socket }) => nextEvent(socket, "volatile"));
    await run(2, (nsp) => void nsp.volatile.compress(false).emit("volatile", 1));
    expect(await Promise.all(came)).to.eql([[1], [1], [1]]);
  });

  it("binary data and large payloads arrive unchanged", async () => {
    const { joinEach, run } = await open();
    const members = await joinEach();
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const text = "ü€😀".repeat(20_000);
    const cameBytes = members.map(({ socket }) => nextEvent(socket, "bytes"));
    const cameText = members.map(({ socket }) => nextEvent(socket, "text"));
    await run(
      0,
      (nsp, sentBytes, sentText) => {
        nsp.emit("bytes", sentBytes, { deep: [new Uint8Array([7, 8]), "text"] });
        nsp.emit("text", sentText);
      },
      bytes,
      text,
    );
    for (const [whole, { deep }] of await Promise.all(cameBytes)) {
      expect(Buffer.from(whole).equals(bytes)).to.be(true);
      expect([...deep[0]]).to.eql([7, 8]);
      expect(deep[1]).to.be("text");
    }
    for (const [whole] of await Promise.all(cameText)) {
      expect(whole === text).to.be(true);
    }
  });

  it("the clients of all three servers answer a broadcast, also with binary data", async () => {
    const { joinEach, join, run } = await open();
    const members = [...(await joinEach({ rooms: ["x"] }, { rooms: ["x"] }, { rooms: ["x"] }))];
    await join(1);
    for (const [number, { socket }] of members.entries()) {
      socket.on("question", (asked, reply) => reply({ asked, number, bytes: Buffer.from([number]) }));
    }
    const answers = await run(0, (nsp) => nsp.to("x").timeout(5000).emitWithAck("question", "why?"));
    answers.sort((a: any, b: any) => a.number - b.number);
    expect(answers.map(({ asked, number, bytes }: any) => [asked, number, ...bytes])).to.eql([
      ["why?", 0, 0],
      ["why?", 1, 1],
      ["why?", 2, 2],
    ]);
  });

  it("the answers to a broadcast are yielded as they arrive, until a signal ends the wait", async () => {
    const { joinEach, run } = await open();
    const members = await joinEach();
    for (const [number, { socket }] of members.entries()) {
      socket.on("question", (reply) => number !== 1 && reply(number));
    }
    const outcome = await run(0, async (nsp) => {
      const controller = new AbortController();
      const answers: number[] = [];
      const chain = nsp.timeout(5000).withSignal(controller.signal);
      try {
        for await (const answer of chain.emitWithAckIterator("question")) {
          answers.push(answer);
          answers.length === 2 && controller.abort("enough");
        }
      } catch (error: any) {
        return { answers, code: error.code, cause: error.cause };
      }
      return { answers };
    });
    outcome.answers.sort();
    expect(outcome).to.eql({ answers: [0, 2], code: "ABORT_ERR", cause: "enough" });
  });

  it("a broadcast without one of its answers fails, with the answers of the others", async () => {
    const { joinEach, run } = await open();
    const members = await joinEach();
    for (const [number, { socket }] of members.entries()) {
      socket.on("question", (reply) => number !== 1 && reply(number));
    }
    const [message, answers] = await run(
      0,
      (nsp) =>
        new Promise<[string, number[]]>((resolve) => {
          nsp.timeout(2500).emit("question", (error: Error | null, responses: number[]) => {
            resolve([error === null ? "" : error.message, responses]);
          });
        }),
    );
    expect(message).to.be("operation has timed out");
    expect(answers.sort()).to.eql([0, 2]);
  });
}

function dynamicNamespaces(current: () => Trio, lacks: Lack[]): void {
  let count = 0;
  const openDynamic = async () => {
    const pattern = `dynamic-${current().nodes[0]!.url.slice(-5)}-${++count}`;
    for (const node of current().nodes) {
      await node.run((io, name) => {
        Object.assign(io, { parent: io.of(new RegExp(`^/${name}-\\w+$`)) });
      }, pattern);
    }
    return stageOf(current(), `/${pattern}-room`);
  };

  it("a dynamic namespace spans all servers, and its parent emits to it", async () => {
    const stage = await openDynamic();
    const members = await stage.joinEach();
    await acquainted(current(), stage.namespace);
    await stage.run(0, (nsp) => void nsp.emit("from the child"));
    await current().nodes[0]!.run((io) => void (io as any).parent.emit("from the parent"));
    await stage.settled(0, ...members);
    for (const { seen } of members) {
      expect(seen).to.eql([["from the child"], ["from the parent"]]);
    }
  });

  if (!lacks.includes("namespaces that come again")) {
    it("a dynamic namespace that all clients of one server have left is created again there", async () => {
      const stage = await openDynamic();
      const [first, second, third] = (await stage.joinEach()) as [Member, Member, Member];
      await acquainted(current(), stage.namespace);
      third.socket.disconnect();
      const others = { nodes: current().nodes.slice(0, 2) };
      await acquainted(others, stage.namespace);
      const again = await stage.join(2);
      await acquainted(current(), stage.namespace);
      await stage.run(0, (nsp) => void nsp.emit("again"));
      await stage.settled(0, first, second, again);
      for (const { seen } of [first, second, again]) {
        expect(seen).to.eql([["again"]]);
      }
      expect(third.seen).to.eql([]);
    });
  }
}
