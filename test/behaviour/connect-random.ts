import expect from "expect.js";
import { JoiningModel } from "../model/joining";
import { type Hand, openHand, type Run, startSlow } from "../support/held-middleware";
import { ownSuite } from "../support/own-tests";
import { Random } from "../support/random";
import { eventually, nextValue } from "../support/waiting";

/** The choices depend on the seed only; SEED sets another one. */
const seed = Number(process.env.SEED ?? 11);
const STEPS = 150;

// the reference server runs the middleware for each CONNECT at once, and closes the connection on a DISCONNECT meanwhile

/** A raw connection, and the expectations of the model. */
class Player {
  readonly model = new JoiningModel();
  private readonly answers: string[] = [];
  private readonly numbers = new Map<string, number>();

  constructor(
    private readonly running: Awaited<ReturnType<typeof startSlow>>,
    private readonly hand: Hand,
  ) {}

  /** Sends packets in one chunk or payload, and waits until the server has processed them. */
  async send(packets: string[], mark: number): Promise<void> {
    await this.hand.send(...packets, `421["mark",${mark}]`);
    await this.readTo(mark);
  }

  private async readTo(mark: number): Promise<void> {
    for (;;) {
      const packet = String(await this.hand.next());
      if (packet === `431[${mark}]`) {
        return;
      }
      if (packet.startsWith("40/chat,")) {
        const { sid } = JSON.parse(packet.slice("40/chat,".length));
        this.numbers.set(sid, this.running.connected.find(({ id }) => id === sid)?.handshake.auth.n);
        this.answers.push(`40 ${this.numbers.get(sid)}`);
      } else {
        expect(packet).to.match(/^44\/chat,/);
        this.answers.push(`44 ${JSON.parse(packet.slice("44/chat,".length)).message}`);
      }
    }
  }

  /** Compares the server with the model. */
  check(undecided: Run[], started: ReadonlySet<number>): void {
    const { chat } = this.running;
    const { model } = this;
    const current = model.runs((n) => started.has(n));
    expect(undecided.map(({ socket }) => socket.handshake.auth.n)).to.eql(
      current === undefined ? [] : [current],
    );
    expect(chat._preConnectSockets.size).to.be(model.arriving);
    const inside = [...chat.sockets.values()].map(({ handshake }) => handshake.auth.n);
    expect(inside).to.eql(model.joined === undefined ? [] : [model.joined]);
    expect(chat.adapter.sids.size).to.be(inside.length);
    expect(this.answers).to.eql(model.answers);
  }
}

for (const transport of ["websocket", "polling"] as const) {
  ownSuite(`over ${transport}, random CONNECT and DISCONNECT packets behind a slow middleware`, () => {
    it(`are answered as the model predicts (SEED=${seed}) [44, 62]`, async () => {
      const random = new Random(seed);
      const running = await startSlow();
      running.io.on("connection", (socket) => socket.on("mark", (n, done) => setImmediate(done, n)));
      let player = new Player(running, await openHand(running, transport));
      let n = 0;
      for (let step = 0; step < STEPS; step++) {
        const { model } = player;
        const undecided = () => running.runs.filter(({ isDecided }) => !isDecided);
        const [run] = undecided();
        if (run && random.chance(0.35)) {
          const isAccepted = random.chance(0.5);
          run.next(isAccepted ? undefined : new Error(String(run.socket.handshake.auth.n)));
          model.decide(isAccepted);
          await player.send([], ++n);
        } else if (random.chance(0.05)) {
          running.io.disconnectSockets(true);
          await eventually(() => running.chat._preConnectSockets.size + running.chat.sockets.size === 0);
          // later decisions change nothing
          run?.next(random.chance(0.5) ? undefined : new Error("late"));
          player = new Player(running, await openHand(running, transport));
        } else {
          const packets: string[] = [];
          for (let count = 1 + random.below(4); count > 0; count--) {
            if (model.mayDisconnect && (!model.mayConnect || random.chance(0.4))) {
              model.disconnect();
              packets.push("41/chat,");
            } else {
              model.connect(++n);
              packets.push(`40/chat,{"n":${n}}`);
            }
          }
          await player.send(packets, ++n);
        }
        const started = new Set(running.runs.map(({ socket }) => socket.handshake.auth.n as number));
        player.check(undecided(), started);
      }
      expect(running.runs.length).to.be.greaterThan(STEPS / 10);
    });

    it(`result in one socket on both sides of a real client (SEED=${seed}) [44, 62]`, async () => {
      const random = new Random(seed);
      const running = await startSlow();
      const options = { transports: [transport], reconnectionDelay: 5, reconnectionDelayMax: 10 };
      const { client: main } = await running.pair("/", options);
      running.io.sockets.sockets.forEach((socket) => {
        socket.on("mark", (done: () => void) => done());
      });
      const client = main.io.socket("/chat");
      for (let round = 0; round < 10; round++) {
        for (let step = 0; step < 8; step++) {
          random.chance(0.6) ? client.connect() : client.disconnect();
          for (const run of running.runs.filter(({ isDecided }) => !isDecided)) {
            random.chance(0.3) && run.next(random.chance(0.5) ? undefined : new Error("no"));
          }
          random.chance(0.5) && (await new Promise(setImmediate));
        }
        client.connect();
        await eventually(() => {
          for (const run of running.runs) {
            run.isDecided || run.next();
          }
          client.active || client.connect();
          const { sockets } = running.chat;
          return client.connected && sockets.size === 1 && sockets.has(client.id as string);
        });
        const heard = nextValue(client, "hello");
        running.chat.emit("hello", round);
        expect(await heard).to.be(round);
        expect(running.chat._preConnectSockets.size).to.be(0);
      }
    });
  });
}
