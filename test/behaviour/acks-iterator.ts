/** The acknowledgements of a broadcast, one by one as they arrive. */
import expect from "expect.js";
import * as z from "zod";
import { contract } from "../../lib/contract/contract";
import { stopClock } from "../support/clock";
import { startCluster } from "../support/cluster";
import { answerOf, connectMember, connectMembers, type Member, settled } from "../support/members";
import { ownSuite } from "../support/own-tests";
import { startServer } from "../support/server";
import { heldQuestion, listenersOf } from "../support/signals";
import type { ServerType } from "../support/subject";
import { eventually, nextEvent } from "../support/waiting";

/** A timeout that no test reaches, in milliseconds. */
const AMPLE = 60_000;
/** A timeout that tests reach with a stopped clock, in milliseconds. */
const SHORT = 15;

/** Reads all answers; resolves with them, and with the error at the end. */
async function read(answers: AsyncIterable<unknown>): Promise<{ seen: unknown[]; error?: any }> {
  const seen: unknown[] = [];
  try {
    for await (const answer of answers) {
      seen.push(answer);
    }
  } catch (error) {
    return { seen, error };
  }
  return { seen };
}

/** Each client acknowledges "question" with its value. */
function answerWith(members: Member[], ...values: unknown[]): void {
  members.forEach(({ client }, index) => {
    client.on("question", (...args) => args.at(-1)(values[index]));
  });
}

/** Each client holds its answer to the next "question"; the returned function lets one of them answer. */
function hold(members: Member[]): (index: number, answer: unknown) => Promise<void> {
  const asked = members.map(heldQuestion);
  return async (index, answer) => {
    (await asked[index])(answer);
    await eventually(() => members[index].socket.acks.size === 0);
  };
}

const pending = (...members: Member[]) => members.reduce((sum, { socket }) => sum + socket.acks.size, 0);

async function threeReceivers() {
  const running = await startServer();
  const members = await connectMembers(running, 3);
  return { ...running, members };
}

ownSuite("emitWithAckIterator()", () => {
  it("yields each answer as it arrives", async () => {
    const { io, members } = await threeReceivers();
    const answer = hold(members);
    const answers = io.timeout(AMPLE).emitWithAckIterator("question", "why?");
    const seen: unknown[] = [];
    const order = [2, 0, 1];
    await answer(2, 2);
    for await (const value of answers) {
      seen.push(value);
      const next = order[seen.length];
      if (next !== undefined) {
        await answer(next, next);
      }
    }
    expect(seen).to.eql(order);
    expect(pending(...members)).to.be(0);
  });

  it("queues the answers that are not read yet", async () => {
    const { io, members } = await threeReceivers();
    answerWith(members, "a", { b: 1 }, undefined);
    const answers = io.timeout(AMPLE).emitWithAckIterator("question");
    await eventually(() => pending(...members) === 0);
    const { seen, error } = await read(answers);
    expect(error).to.be(undefined);
    expect(seen).to.have.length(3);
    expect(seen).to.contain("a");
    expect(await answers.next()).to.eql({ value: undefined, done: true });
  });

  it("gives each of several reads its own answer, in order", async () => {
    const { io, members } = await threeReceivers();
    const answer = hold(members);
    const answers = io.timeout(AMPLE).emitWithAckIterator("question");
    const reads = Promise.all(Array.from({ length: 5 }, () => answers.next()));
    await answer(1, "first");
    await answer(0, "second");
    await answer(2, "third");
    const end = { value: undefined, done: true };
    expect(await reads).to.eql([
      { value: "first", done: false },
      { value: "second", done: false },
      { value: "third", done: false },
      end,
      end,
    ]);
  });

  it("ends at once without receivers", async () => {
    const { io } = await startServer();
    expect(await read(io.timeout(AMPLE).emitWithAckIterator("question"))).to.eql({ seen: [] });
  });

  it("throws at the timeout if answers are missing, after those that have arrived", async () => {
    for (const readsEarly of [true, false]) {
      const { io, members } = await threeReceivers();
      answerWith(members.slice(0, 2), "a", "b");
      const clock = stopClock();
      const before = clock.running;
      const answers = io.timeout(SHORT).emitWithAckIterator("question");
      const outcome = readsEarly ? read(answers) : undefined;
      await eventually(() => pending(...members) === 1);
      clock.tick(SHORT);
      expect([pending(...members), clock.running]).to.eql([0, before]);
      const { seen, error } = await (outcome ?? read(answers));
      expect(seen.sort()).to.eql(["a", "b"]);
      expect([error.code, error.message]).to.eql(["ACK_TIMEOUT", "operation has timed out"]);
      expect(await answers.next()).to.eql({ value: undefined, done: true });
    }
  });

  it("rejects no promise that nobody reads", async () => {
    const { io, members } = await threeReceivers();
    const clock = stopClock();
    io.timeout(SHORT).emitWithAckIterator("question");
    clock.tick(SHORT);
    await settled(...members);
    expect(pending(...members)).to.be(0);
  });

  it("stops waiting at a break", async () => {
    const { io, members } = await threeReceivers();
    answerWith(members.slice(0, 1), "a");
    const clock = stopClock();
    const before = clock.running;
    const controller = new AbortController();
    const { signal } = controller;
    const answers = io.timeout(AMPLE).withSignal(signal).emitWithAckIterator("question");
    for await (const answer of answers) {
      expect(answer).to.be("a");
      expect(pending(...members)).to.be(2);
      break;
    }
    expect([pending(...members), clock.running]).to.eql([0, before]);
    expect(listenersOf(signal)).to.be(0);
    controller.abort();
    expect(await answers.next()).to.eql({ value: undefined, done: true });
    await settled(...members);
  });

  it("ends pending reads when return() is called", async () => {
    const { io, members } = await threeReceivers();
    const answers = io.timeout(AMPLE).emitWithAckIterator("question");
    const reads = [answers.next(), answers.next()];
    const end = { value: undefined, done: true };
    expect(await answers.return()).to.eql(end);
    expect(await Promise.all(reads)).to.eql([end, end]);
    expect(pending(...members)).to.be(0);
    expect(await answers.return()).to.eql(end);
  });

  it("throws an AbortError when its signal is aborted, after the answers that have arrived", async () => {
    const { io, members } = await threeReceivers();
    answerWith(members.slice(0, 1), "a");
    const controller = new AbortController();
    const { signal } = controller;
    const answers = io.withSignal(signal).emitWithAckIterator("question");
    await eventually(() => pending(...members) === 2);
    controller.abort("enough");
    expect([pending(...members), listenersOf(signal)]).to.eql([0, 0]);
    const { seen, error } = await read(answers);
    expect(seen).to.eql(["a"]);
    expect([error.name, error.code, error.cause]).to.eql(["AbortError", "ABORT_ERR", "enough"]);
  });

  it("sends nothing if its signal is aborted already", async () => {
    const { io, members } = await threeReceivers();
    const { seen, error } = await read(
      io.withSignal(AbortSignal.abort("too late")).emitWithAckIterator("question"),
    );
    expect([seen, error.code, error.cause]).to.eql([[], "ABORT_ERR", "too late"]);
    await settled(...members);
    expect(members.map((member) => member.seen)).to.eql([[], [], []]);
  });

  const starts: Record<string, (io: ServerType) => AsyncIterable<unknown>> = {
    "the server": (io) => io.emitWithAckIterator("question", 1),
    "a namespace": (io) => io.of("/").emitWithAckIterator("question", 1),
    "a chain": (io) => io.to("x").emitWithAckIterator("question", 1),
    "a chain of a socket": (io) =>
      [...io.of("/").sockets.values()][2].to("x").emitWithAckIterator("question", 1),
  };
  for (const [what, start] of Object.entries(starts)) {
    it(`is a method of ${what}, and uses the option ackTimeout`, async () => {
      const running = await startServer({ ackTimeout: AMPLE });
      const members = await connectMembers(running, 3);
      running.io.socketsJoin("x");
      for (const [index, { client }] of members.entries()) {
        client.on("question", (...args) => args.pop()([index, ...args]));
      }
      const { seen, error } = await read(start(running.io));
      const expected = [0, 1, 2].map((index) => [index, 1]);
      expect(error).to.be(undefined);
      expect(seen.sort()).to.eql(what === "a chain of a socket" ? expected.slice(0, 2) : expected);
    });
  }

  it("yields the answer of a single socket of another server", async () => {
    const { nodes } = await startCluster(2);
    const far = await connectMember(nodes[1]);
    answerWith([far], ["one", "answer"]);
    const [remote] = await nodes[0].io.fetchSockets();
    expect((await read(remote.timeout(AMPLE).emitWithAckIterator("question"))).seen).to.eql([
      ["one", "answer"],
    ]);
  });

  it("yields the answers of the clients of all servers", async () => {
    const { nodes } = await startCluster(3);
    const members = [];
    for (const node of nodes) {
      members.push(...(await connectMembers(node, 2)));
    }
    answerWith(members, 0, 1, 2, 3, 4, 5);
    const { seen, error } = await read(nodes[1].io.timeout(AMPLE).emitWithAckIterator("question"));
    expect(error).to.be(undefined);
    expect(seen.sort()).to.eql([0, 1, 2, 3, 4, 5]);
  });

  it("yields the answers of all namespaces of a pattern, and stops waiting for them", async () => {
    const running = await startServer();
    const parent = running.io.of(/^\/workspace-\d$/);
    const members = [
      await connectMember(running, "/workspace-1"),
      await connectMember(running, "/workspace-2"),
    ];
    answerWith(members.slice(0, 1), "a");
    for await (const answer of parent.timeout(AMPLE).emitWithAckIterator("question")) {
      expect(answer).to.be("a");
      break;
    }
    expect(pending(...members)).to.be(0);
    answerWith(members.slice(1), "b");
    const { seen } = await read(parent.timeout(AMPLE).emitWithAckIterator("question"));
    expect(seen.sort()).to.eql(["a", "b"]);
  });

  it("throws if a receiver leaves, with ackOnDisconnect", async () => {
    const running = await startServer({ ackOnDisconnect: "reject" });
    const [first, second] = await connectMembers(running, 2);
    const answered = answerOf(first, "a");
    const asked = nextEvent(second.client, "question");
    const answers = running.io.timeout(AMPLE).emitWithAckIterator("question");
    await asked;
    second.client.disconnect();
    await answered;
    const { seen, error } = await read(answers);
    expect([seen, error.code]).to.eql([["a"], "SOCKET_DISCONNECTED"]);
  });

  it("checks the answers with a contract, and throws at the end if one is wrong", async () => {
    const running = await startServer({
      contract: contract({ serverToClient: { question: { args: z.string(), ack: z.string().trim() } } }),
    });
    const members = await connectMembers(running, 2);
    answerWith(members, " a ", 1);
    const { seen, error } = await read(running.io.timeout(AMPLE).emitWithAckIterator("question", "why?"));
    expect([seen, error.code]).to.eql([["a"], "INVALID_PAYLOAD"]);
    expect(() => running.io.timeout(AMPLE).emitWithAckIterator("question", 1)).to.throwException(
      (thrown: any) => expect(thrown.code).to.be("INVALID_PAYLOAD"),
    );
  });

  it("throws at once for a reserved name, and for data that cannot be encoded", async () => {
    const { io, members } = await threeReceivers();
    const chain = io.timeout(AMPLE);
    expect(() => chain.emitWithAckIterator("connect")).to.throwException(/reserved event name/);
    expect(() => chain.emitWithAckIterator("question", 1n)).to.throwException(/cannot be encoded as JSON/);
    expect(pending(...members)).to.be(0);
  });
});
