/** The chat of `npm start` on several processes: with node:cluster, and with Redis. */
import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import expect from "expect.js";
import type { Socket } from "socket.io-client";
import { onTestEnd } from "../support/cleanup";
import { nextEvent, nextValue } from "../support/waiting";
import { client } from "./support/hello";
import { type StartedProgram, startProgram } from "./support/programs";
import { redisServer, startRedis } from "./support/redis";
import { tested } from "./support/tested";

const root = join(__dirname, "../..");

interface Chat {
  url: string;
  program: StartedProgram;
}

/** Runs `npm run <script>` without npm; resolves when it has printed its address. */
async function startChat(file: string, env: NodeJS.ProcessEnv = {}): Promise<Chat> {
  const program = startProgram(process.execPath, [join(root, "examples/chat", file)], {
    env: { ...process.env, PORT: "0", ...env },
  });
  onTestEnd(() => program.stop("SIGKILL"));
  const address = () => /running at (http:\S+)\n/.exec(program.output())?.[1];
  const { child } = program;
  // not a polling loop: the processes that start need the processor
  await Promise.race([nextEvent(child, "close"), when(child.stdout, "data", () => address() !== undefined)]);
  return { url: address() ?? program.output(), program };
}

/** Resolves when the condition holds after an event. */
function when(source: NodeJS.EventEmitter | null, event: string, condition: () => boolean): Promise<void> {
  return new Promise((resolve) => source?.on(event, () => condition() && resolve()));
}

/** The process ids of its workers. */
function childrenOf({ child }: StartedProgram): number[] {
  const printed = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8");
  return printed.trim().split(" ").map(Number);
}

interface Person {
  socket: Socket;
  welcome: { messages: { text: string }[]; me: { nickname: string } };
}

async function enter(url: string, nickname: string, transport: "polling" | "websocket"): Promise<Person> {
  const socket = client(url, {
    transports: [transport],
    reconnection: true,
    auth: { key: randomUUID(), nickname, room: "tea" },
  });
  return { socket, welcome: await nextValue(socket, "welcome") };
}

/** Sends a message, and resolves when the server has accepted it. */
async function say({ socket }: Person, text: string): Promise<void> {
  expect((await socket.emitWithAck("message", { nonce: randomUUID(), room: "tea", text })).ok).to.be(true);
}

tested(
  {
    area: "Adapters",
    name: "Cluster adapter with sticky sessions: the chat on all cores",
    packages: ["@socket.io/cluster-adapter", "@socket.io/sticky"],
    method: "One suite runs [examples/chat](../examples/chat/) with `npm run start:cluster`.",
  },
  () => {
    it("connects the users of all processes, over each transport", async () => {
      const { url } = await startChat("cluster.js", { WORKERS: "3" });
      const people = await Promise.all(
        Array.from({ length: 6 }, (_, number) =>
          enter(url, `Ada ${number}x`, number % 2 ? "polling" : "websocket"),
        ),
      );
      const heard = people.slice(1).map(({ socket }) => nextValue<{ text: string }>(socket, "message"));
      await say(people[0]!, "hello");
      for (const message of await Promise.all(heard)) {
        expect(message.text).to.be("hello");
      }
      // the message is available on each process
      for (let number = 0; number < 3; number++) {
        const { welcome } = await enter(url, `Bob ${number}x`, "websocket");
        expect(welcome.messages.map(({ text }) => text)).to.eql(["hello"]);
      }
    });

    it("accepts all users when its processes are slow", async () => {
      const { url } = await startChat("cluster.js", {
        WORKERS: "1",
        NODE_OPTIONS: `--require ${join(__dirname, "fixtures/busy-processes.cjs")}`,
      });
      for (let number = 0; number < 4; number++) {
        await enter(url, `Ada ${number}x`, "websocket");
      }
    });

    it("replaces a process that dies, and its users reconnect", async () => {
      const { url, program } = await startChat("cluster.js", { WORKERS: "2" });
      // one after the other: each connection goes to the process with fewer connections
      const people: Person[] = [];
      for (let number = 0; number < 4; number++) {
        people.push(await enter(url, `Ada ${number}x`, "websocket"));
      }
      const lost = new Set<Person>();
      const back = new Set<Person>();
      const areBack = new Promise<void>((resolve) => {
        for (const person of people) {
          person.socket.on("disconnect", () => lost.add(person));
          person.socket.on("welcome", () => back.add(person).size === 2 && resolve());
        }
      });
      process.kill(childrenOf(program)[0]!, "SIGKILL");
      await areBack;
      // the connections were spread over both processes
      expect(lost.size).to.be(2);
      const [person] = lost;
      const heard = people
        .filter((other) => other !== person)
        .map(({ socket }) => nextValue<{ text: string }>(socket, "message"));
      await say(person!, "back again");
      for (const message of await Promise.all(heard)) {
        expect(message.text).to.be("back again");
      }
      expect(program.output()).to.match(/Worker \d+ has ended, another one takes its place\./);
    });

    it("ends all processes after SIGTERM", async () => {
      const { url, program } = await startChat("cluster.js", { WORKERS: "2" });
      const { socket } = await enter(url, "Ada", "websocket");
      const gone = nextEvent(socket, "disconnect");
      await program.stop("SIGTERM");
      await gone;
      expect(program.child.exitCode).to.be(0);
      expect(program.output()).to.contain("Chat is closed.");
    });
  },
);

tested(
  {
    area: "Adapters",
    name: "Redis streams adapter with redis: the chat",
    packages: ["@socket.io/redis-streams-adapter", "redis"],
    programs: [redisServer],
    method: "One suite runs [examples/chat](../examples/chat/) with `REDIS_URL=... npm start`, on two ports.",
  },
  () => {
    it("connects the users of both ports", async () => {
      const redis = await startRedis();
      onTestEnd(() => redis.stop());
      const nodes = [
        await startChat("server.js", { REDIS_URL: redis.url }),
        await startChat("server.js", { REDIS_URL: redis.url }),
      ] as const;
      const ada = await enter(nodes[0].url, "Ada", "websocket");
      const bob = await enter(nodes[1].url, "Bob", "polling");
      const heard = nextValue<{ text: string }>(bob.socket, "message");
      await say(ada, "over Redis");
      expect((await heard).text).to.be("over Redis");
      const carol = await enter(nodes[1].url, "Carol", "websocket");
      expect(carol.welcome.messages.map(({ text }) => text)).to.eql(["over Redis"]);
      // a later process receives the state from the others
      const later = await startChat("server.js", { REDIS_URL: redis.url });
      let seen: string[] = [];
      for (let number = 0; seen.length === 0; number++) {
        const { welcome } = await enter(later.url, `Dave ${number}x`, "websocket");
        seen = welcome.messages.map(({ text }) => text);
      }
      expect(seen).to.eql(["over Redis"]);
    });

    it("sends a user the missed messages on another process", async () => {
      const redis = await startRedis();
      onTestEnd(() => redis.stop());
      const first = await startChat("server.js", { REDIS_URL: redis.url });
      const ada = await enter(first.url, "Ada", "websocket");
      const bob = await enter(first.url, "Bob", "websocket");
      await say(bob, "one");
      await nextValue(ada.socket, "message");
      const second = await startChat("server.js", { REDIS_URL: redis.url });
      // the network fails, and the load balancer then chooses the other process
      ada.socket.io.engine.close();
      const carol = await enter(second.url, "Carol", "websocket");
      await say(carol, "two");
      (ada.socket.io as any).uri = second.url;
      const missed = nextValue<{ text: string }>(ada.socket, "message");
      ada.socket.connect();
      expect((await missed).text).to.be("two");
      expect(ada.socket.recovered).to.be(true);
    });

    it("prints a clear error without Redis", async () => {
      const { program } = await startChat("server.js", { REDIS_URL: "redis://127.0.0.1:1" });
      expect(program.output()).to.contain("Redis cannot be reached at redis://127.0.0.1:1");
      expect(program.child.exitCode).to.be(1);
    });
  },
);
