/** The steps of the random load: events of all kinds, changes of rooms, clients that connect and disconnect. */
import type { Random } from "../support/random";
import type { ServerType, SocketType } from "../support/subject";
import type { Audience, Member, Model } from "./model";
import type { Troupe } from "./players";

const ROOMS = ["a", "b", "c", "d", "e", "f"];

/** The timeout of a broadcast with acknowledgements, in milliseconds. */
const PATIENCE = 2000;

/** Any object with `emit()`. */
interface Emitting {
  readonly volatile: Emitting;
  readonly local: Emitting;
  compress(value: boolean): Emitting;
  timeout(milliseconds: number): Emitting;
  emit(event: string, ...args: unknown[]): unknown;
}

interface Target extends Audience {
  readonly through: unknown;
  /** The socket, if the event is for one socket. */
  readonly sender?: Member;
}

export class Steps {
  /** Steps are also performed in handlers, but not within the steps of a handler. */
  private depth = 0;
  private isOver = false;
  /** Broadcasts whose acknowledgements are pending. */
  unanswered = 0;

  constructor(
    private readonly io: ServerType,
    private readonly model: Model,
    private readonly random: Random,
    private readonly troupe: () => Troupe,
  ) {
    for (const namespace of model.namespaces) {
      io.of(namespace).on("connection", (socket) => this.welcome(namespace, socket));
    }
  }

  /** Stops the steps in handlers. */
  end(): void {
    this.isOver = true;
  }

  step(): void {
    this.depth++;
    this.random.weighted<() => void>([
      [72, () => () => this.emit()],
      [25, () => () => this.change()],
      [3, () => () => this.isOver || this.shake()],
    ])();
    this.depth--;
  }

  /** Sends a last event to each connected socket that has not received one; returns whether all have received it. */
  finish(numbers: Map<string, number>, hasGot: (id: string, number: number) => boolean): boolean {
    let haveAll = true;
    for (const namespace of this.model.namespaces) {
      for (const member of this.model.present(namespace)) {
        const known = numbers.get(member.id);
        if (known !== undefined) {
          haveAll &&= hasGot(member.id, known);
          continue;
        }
        haveAll = false;
        const { number } = this.model.send(
          { namespace, rooms: [member.id], except: [], isPlain: true, manner: "last" },
          this.model.recovers ? undefined : member,
        );
        numbers.set(member.id, number);
        member.socket.emit("event", number, 0, "", null);
      }
    }
    return haveAll;
  }

  private welcome(namespace: string, socket: SocketType): void {
    const member = this.model.enter(namespace, socket);
    socket.on("speak", () => this.answer(1));
    socket.on("disconnect", (reason) => {
      this.model.leave(member, reason);
      this.answer(0.3);
    });
    for (const room of this.random.several(0, 3, () => this.random.pick(ROOMS))) {
      this.join(member, room);
    }
    this.answer(0.7);
  }

  private answer(probability: number): void {
    if (this.depth === 0 && !this.isOver && this.random.chance(probability)) {
      for (let left = 1 + this.random.below(3); left > 0; left--) {
        this.step();
      }
    }
  }

  private anyone(namespace: string): Member | undefined {
    const present = this.model.present(namespace);
    return present.length > 0 ? this.random.pick(present) : undefined;
  }

  /** Most rooms have many members; some have one. */
  private room(namespace: string): string {
    const someone = this.random.chance(0.12) ? this.anyone(namespace) : undefined;
    return someone?.id ?? this.random.pick(ROOMS);
  }

  private namespace(): string {
    const { namespaces } = this.model;
    return this.random.chance(0.5) ? namespaces[0] : this.random.pick(namespaces);
  }

  private target(namespace: string): Target {
    const all = this.io.of(namespace);
    const [one, other] = [this.room(namespace), this.room(namespace)];
    const sender = this.anyone(namespace);
    const rooms: Target[] = [
      { through: all, rooms: [], except: [] },
      { through: all.to(one), rooms: [one], except: [] },
      { through: all.to(one).to(other), rooms: [one, other], except: [] },
      { through: all.except(one), rooms: [], except: [one] },
      { through: all.to(one).except(other), rooms: [one], except: [other] },
    ];
    const sockets: Target[] = sender
      ? [
          { through: sender.socket, rooms: [sender.id], except: [], sender },
          { through: sender.socket.to(one), rooms: [one], except: [sender.id] },
          { through: sender.socket.broadcast, rooms: [], except: [sender.id] },
          { through: all.to(sender.id), rooms: [sender.id], except: [] },
        ]
      : [];
    return this.random.pick([...rooms, ...sockets]);
  }

  private emit(): void {
    const { random, model } = this;
    const namespace = this.namespace();
    const { rooms, except, sender, ...target } = this.target(namespace);
    let through = target.through as Emitting;
    const is = {
      volatile: random.chance(0.08),
      uncompressed: random.chance(0.1),
      local: random.chance(0.05),
    };
    const isAsked = !is.volatile && random.chance(0.04);
    through = is.volatile ? through.volatile : through;
    through = is.uncompressed ? through.compress(false) : through;
    through = is.local && !sender ? through.local : through;
    const text = this.text();
    const hasBytes = random.chance(0.15);
    const manner = `${Object.entries(is)
      .filter(([, value]) => value)
      .map(([name]) => name)
      .join(" ")} ${text.length} characters${hasBytes ? " and bytes" : ""}${isAsked ? ", asks" : ""}`;
    const sent = { namespace, rooms, except, isPlain: !is.volatile && !isAsked, manner };
    const { number, receivers } = model.send(sent, model.recovers ? undefined : sender);
    const args = [number, text.length, text, hasBytes ? Buffer.from([number & 255]) : null];
    if (!isAsked) {
      through.emit("event", ...args);
    } else if (sender) {
      through.emit("event", ...args, (answer: unknown) => {
        answer === sender.id ||
          model.report(`the question ${number} for ${sender.id} is answered by ${answer}`);
      });
    } else {
      this.ask(through, args, number, receivers);
    }
  }

  private ask(through: Emitting, args: unknown[], number: number, receivers: Member[]): void {
    const ids = receivers.map(({ id }) => id);
    this.unanswered++;
    through.timeout(PATIENCE).emit("event", ...args, (error: Error | null, answers: string[]) => {
      this.unanswered--;
      const wrong = answers.filter((id, index) => !ids.includes(id) || answers.indexOf(id) !== index);
      if (wrong.length > 0 || (!error && answers.length !== ids.length)) {
        this.model.report(`the question ${number} for ${ids} is answered by ${answers}`);
      }
    });
  }

  /** Usually short; sometimes longer than a packet of the network, or than the buffer of a socket. */
  private text(): string {
    return this.random.weighted([
      [90, () => ""],
      [8, () => "x".repeat(700 + this.random.below(3000))],
      [2, () => "é".repeat(10_000 + this.random.below(20_000))],
      [0.2, () => "y".repeat(150_000)],
    ]);
  }

  private join(member: Member, ...rooms: string[]): void {
    for (const room of rooms) {
      member.rooms.add(room);
    }
    member.socket.join(rooms);
  }

  private leave(member: Member, room: string): void {
    if (room !== member.id) {
      member.rooms.delete(room);
      member.socket.leave(room);
    }
  }

  /** Changes the rooms of a socket. */
  private change(): void {
    const namespace = this.namespace();
    const member = this.anyone(namespace);
    if (!member) {
      return;
    }
    const [one, other] = [this.room(namespace), this.random.pick(ROOMS)];
    const those = this.model.present(namespace).filter(({ rooms }) => rooms.has(one));
    this.random.weighted<() => void>([
      [3, () => () => this.join(member, one)],
      [1, () => () => this.join(member, one, other)],
      [2, () => () => this.leave(member, this.random.pick([...member.rooms]))],
      [
        0.5,
        () => () => {
          for (const { rooms } of those) {
            rooms.add(other);
          }
          this.io.of(namespace).in(one).socketsJoin(other);
        },
      ],
      [
        0.5,
        () => () => {
          for (const { rooms } of those) {
            rooms.delete(other);
          }
          this.io.of(namespace).in(one).socketsLeave(other);
        },
      ],
      [
        1,
        () => () => {
          this.join(member, one);
          this.leave(member, one);
          this.join(member, one);
        },
      ],
    ])();
  }

  /** Disconnects a client. */
  private shake(): void {
    const { random } = this;
    const namespace = this.namespace();
    const member = this.anyone(namespace);
    const player = random.pick(this.troupe().players);
    random.weighted<() => void>([
      [1, () => () => member?.socket.disconnect()],
      [0.7, () => () => member?.socket.disconnect(true)],
      [0.7, () => () => (member?.socket.conn as { close(): void } | undefined)?.close()],
      [0.2, () => () => this.io.of(namespace).in(this.room(namespace)).disconnectSockets(random.chance(0.5))],
      [2, () => () => player.close()],
      [2, () => () => player.cut()],
      [2, () => () => player.leave(random.pick(player.sockets))],
      [2, () => () => player.stall(20 + random.below(100))],
      [4, () => () => player.speak()],
    ])();
  }
}
