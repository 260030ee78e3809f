import expect from "expect.js";
import { onTestEnd } from "../support/cleanup";
import { startCluster } from "../support/cluster";
import { ownTest } from "../support/own-tests";
import { startServer } from "../support/server";
import type { ServerType } from "../support/subject";
import { nextEvent } from "../support/waiting";

type Io = ServerType<any, any, any, any>;

async function servers(count: number): Promise<Io[]> {
  const { nodes } = await startCluster(count);
  return nodes.map(({ io }) => io);
}

/** Records the arguments of `console.warn` until the test ends. */
function recordWarnings(): string[] {
  const warnings: string[] = [];
  const { warn } = console;
  console.warn = (message: string) => warnings.push(message);
  onTestEnd(() => {
    console.warn = warn;
  });
  return warnings;
}

describe("serverSideEmit()", () => {
  it("reaches all other servers, with all arguments [69]", async () => {
    const [first, second, third] = await servers(3);
    const came = Promise.all([nextEvent(second, "hello"), nextEvent(third, "hello")]);
    expect(first.serverSideEmit("hello", 1, "two", { three: [3] }, Buffer.from([4]))).to.be(true);
    for (const [one, two, three, four] of await came) {
      expect([one, two, three]).to.eql([1, "two", { three: [3] }]);
      expect([...four]).to.eql([4]);
    }
  });

  it("reaches neither the server that emits nor its clients [69]", async () => {
    const [first, second] = await servers(2);
    let heard = 0;
    first.on("hello", () => heard++);
    first.serverSideEmit("hello");
    await nextEvent(second, "hello");
    second.serverSideEmit("mark");
    await nextEvent(first, "mark");
    expect(heard).to.be(0);
  });

  it("reaches the same namespace of the other servers only [69]", async () => {
    const [first, second] = await servers(2);
    let heardInMain = 0;
    second.on("hello", () => heardInMain++);
    const came = nextEvent(second.of("/chat"), "hello");
    first.of("/chat").serverSideEmit("hello", "from chat");
    expect(await came).to.eql(["from chat"]);
    first.serverSideEmit("mark");
    await nextEvent(second, "mark");
    expect(heardInMain).to.be(0);
  });

  it("of the server is that of its main namespace, as are its listeners [69]", async () => {
    const [first, second] = await servers(2);
    const came = Promise.all([nextEvent(second, "hello"), nextEvent(second.of("/"), "hello")]);
    first.of("/").serverSideEmit("hello", 1);
    expect(await came).to.eql([[1], [1]]);
  });

  it("without listeners does nothing [69]", async () => {
    const [first, second] = await servers(2);
    expect(first.serverSideEmit("nobody listens")).to.be(true);
    first.serverSideEmit("mark");
    await nextEvent(second, "mark");
  });

  it("preserves the order [69]", async () => {
    const [first, second] = await servers(2);
    const heard: number[] = [];
    second.on("hello", (value: number) => heard.push(value));
    for (let i = 1; i <= 5; i++) {
      first.serverSideEmit("hello", i);
    }
    first.serverSideEmit("mark");
    await nextEvent(second, "mark");
    expect(heard).to.eql([1, 2, 3, 4, 5]);
  });

  it("collects the answers of all other servers [69]", async () => {
    const [first, second, third] = await servers(3);
    second.on("question", (value: number, ack: (answer: number, more?: string) => void) =>
      ack(value + 1, "more"),
    );
    third.on("question", (value: number, ack: (answer: number) => void) => ack(value + 2));
    const args = await new Promise<any[]>((resolve) => {
      first.serverSideEmit("question", 1, (...answer: any[]) => resolve(answer));
    });
    expect(args[0]).to.be(null);
    expect(args[1].sort()).to.eql([2, 3]);
    expect(args).to.have.length(2);
  });

  it("uses the first answer of each server only [69]", async () => {
    const [first, second, third] = await servers(3);
    second.on("question", (ack: (answer: string) => void) => {
      ack("first");
      ack("second");
    });
    third.on("question", (ack: (answer: string) => void) => ack("first"));
    expect(await first.serverSideEmitWithAck("question")).to.eql(["first", "first"]);
  });

  it("serverSideEmitWithAck() resolves with the answers [69]", async () => {
    const [first, second, third] = await servers(3);
    second.of("/chat").on("question", (ack: (answer: string) => void) => ack("a"));
    third.of("/chat").on("question", (ack: (answer: string) => void) => ack("b"));
    const answers = await first.of("/chat").serverSideEmitWithAck("question");
    expect(answers.sort()).to.eql(["a", "b"]);
  });

  it("is answered with an empty list if there is no other server [69]", async () => {
    const [only] = await servers(1);
    expect(await only.serverSideEmitWithAck("question")).to.eql([]);
  });

  it("refuses reserved names, and sends nothing [69]", async () => {
    const [first, second] = await servers(2);
    const namespaces: string[] = [];
    second.on("new_namespace", ({ name }) => namespaces.push(name));
    for (const name of ["connect", "connection", "new_namespace"]) {
      const refused = new RegExp(`^"${name}" is a reserved event name$`);
      expect(() => first.serverSideEmit(name, {})).to.throwException(refused);
      expect(() => first.of("/chat").serverSideEmit(name, {})).to.throwException(refused);
    }
    const error = await first.serverSideEmitWithAck("connection").catch((reason: Error) => reason);
    expect(error).to.be.an(Error);
    expect((error as unknown as Error).message).to.be('"connection" is a reserved event name');
    first.serverSideEmit("mark");
    await nextEvent(second, "mark");
    expect(namespaces).to.eql([]);
  });

  it("accepts the names that are reserved for clients [69]", async () => {
    const [first, second] = await servers(2);
    const came = nextEvent(second, "disconnecting");
    first.serverSideEmit("disconnecting", 1);
    expect(await came).to.eql([1]);
  });
});

describe("serverSideEmit() on the in-memory adapter", () => {
  it("emits a warning, and does not throw [77]", async () => {
    const { io } = await startServer();
    const warnings = recordWarnings();
    expect(io.serverSideEmit("hello", 1)).to.be(true);
    expect(io.of("/chat").serverSideEmit("hello")).to.be(true);
    expect(warnings).to.have.length(2);
    for (const warning of warnings) {
      expect(warning).to.match(/^this adapter does not support the serverSideEmit\(\) functionality/);
    }
  });

  ownTest("is answered with an empty list: there is no other server [69, 77]", async () => {
    for (const options of [{}, { connectionStateRecovery: {} }]) {
      const { io } = await startServer(options);
      const warnings = recordWarnings();
      const child = io.of("/room-1");
      for (const nsp of [io, io.of("/chat"), io.of(/^\/nobody/), io.of(/^\/room-/), child]) {
        expect(await nsp.serverSideEmitWithAck("question", 1)).to.eql([]);
        const answer = await new Promise((resolve) => {
          nsp.serverSideEmit("question", (...args: unknown[]) => resolve(args));
        });
        expect(answer).to.eql([null, []]);
      }
      expect(warnings.length).to.be.greaterThan(0);
    }
  });

  it("emits a warning with connection state recovery too [77]", async () => {
    const { io } = await startServer({ connectionStateRecovery: {} });
    const warnings = recordWarnings();
    io.serverSideEmit("hello");
    expect(warnings).to.have.length(1);
  });
});
