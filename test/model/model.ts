/** A model of the members of each room, and so of the events that each client must receive. */
import type { SocketType } from "../support/subject";

/** The receivers of an event: the sockets of these rooms, or all, except those of other rooms. */
export interface Audience {
  readonly rooms: readonly string[];
  readonly except: readonly string[];
}

export interface Sent extends Audience {
  readonly namespace: string;
  /** Whether the event must arrive: it is not volatile, and has no acknowledgement. */
  readonly isPlain: boolean;
  /** The method with which it was sent. */
  readonly manner: string;
}

/** One session of one client in one namespace. */
export class Member {
  state: "in" | "away" | "gone" = "in";
  readonly rooms: Set<string>;
  /** The numbers of its events, and whether each of them must arrive. */
  readonly meant = new Map<number, boolean>();
  /** The time at which it lost its connection, and its rooms then, which determine the events that are sent again. */
  readonly partings: { readonly until: number; readonly rooms: ReadonlySet<string> }[] = [];
  /** A log for reports. */
  readonly history: string[] = [];

  constructor(
    readonly namespace: string,
    public socket: SocketType,
    /** The number of the last event that was sent before the session began. */
    readonly since: number,
  ) {
    this.rooms = new Set([socket.id]);
  }

  get id(): string {
    return this.socket.id;
  }

  isFor({ rooms, except }: Audience): boolean {
    return isMeant(this.rooms, rooms, except);
  }
}

function isMeant(joined: ReadonlySet<string>, rooms: readonly string[], except: readonly string[]): boolean {
  return (
    (rooms.length === 0 || rooms.some((room) => joined.has(room))) && !except.some((room) => joined.has(room))
  );
}

export class Model {
  readonly members = new Map<string, Member>();
  readonly problems: string[] = [];
  /** The events by number, from 1 on. */
  private readonly sent: Sent[] = [];

  constructor(
    readonly namespaces: readonly string[],
    /** Whether clients receive events that they have missed. */
    readonly recovers: boolean,
  ) {}

  /** The number of the last event. */
  get last(): number {
    return this.sent.length;
  }

  /** The connected members of a namespace. */
  present(namespace: string): Member[] {
    return this.of(namespace, "in");
  }

  private of(namespace: string, ...states: Member["state"][]): Member[] {
    return [...this.members.values()].filter(
      (member) => member.namespace === namespace && states.includes(member.state),
    );
  }

  /** A client has connected, or reconnected. */
  enter(namespace: string, socket: SocketType): Member {
    const known = this.members.get(socket.id);
    if (!socket.recovered) {
      known && this.report(`the id ${socket.id} is given twice`);
      const member = new Member(namespace, socket, this.last);
      this.members.set(socket.id, member);
      return member;
    }
    if (known?.state !== "away") {
      this.report(`${socket.id} comes back and is ${known?.state}`);
    }
    const member = known ?? new Member(namespace, socket, this.last);
    member.state = "in";
    member.socket = socket;
    member.history.push(`back after ${this.last}`);
    const rooms = [...socket.rooms].sort().join();
    const expected = [...member.rooms].sort().join();
    if (rooms !== expected) {
      this.report(`${socket.id} comes back into the rooms ${rooms} instead of ${expected}`);
    }
    return member;
  }

  /** A client has disconnected. */
  leave(member: Member, reason: string): void {
    const mayComeBack = this.recovers && !reason.endsWith("namespace disconnect");
    member.state = mayComeBack ? "away" : "gone";
    member.partings.push({ until: this.last, rooms: new Set(member.rooms) });
    member.history.push(`left after ${this.last}, ${reason}`);
  }

  /** An event is about to be sent; returns its number, after its receivers are recorded. */
  send(sent: Sent, only?: Member): { number: number; receivers: Member[] } {
    this.sent.push(sent);
    const states: Member["state"][] = sent.isPlain ? ["in", "away"] : ["in"];
    const receivers = only
      ? [only]
      : this.of(sent.namespace, ...states).filter((member) => member.isFor(sent));
    for (const member of receivers) {
      member.meant.set(this.last, sent.isPlain);
    }
    return { number: this.last, receivers };
  }

  /** Compares the events that a client received in a session with those that it had to receive. */
  judge(id: string, got: readonly number[]): void {
    const member = this.members.get(id);
    if (!member) {
      this.report(`there are events for ${id}, which never was`);
      return;
    }
    const seen = new Set<number>();
    let last = 0;
    for (const number of got) {
      if (seen.has(number)) {
        this.report(`${this.name(member, number)} comes twice`);
      }
      seen.add(number);
      if (member.meant.has(number)) {
        if (number < last) {
          this.report(`${this.name(member, number)} comes behind ${last}`);
        }
        last = Math.max(last, number);
      } else if (!this.mayComeEarly(member, number)) {
        this.report(`${this.name(member, number)} is not for it`);
      }
    }
    for (const [number, isPlain] of member.meant) {
      // a client that has disconnected may have done so before the event arrived
      const isDue = member.state === "in" || number < last;
      if (isPlain && isDue && !seen.has(number) && !this.mayBeMissing(member, number)) {
        this.report(`${this.name(member, number)} is missing`);
      }
    }
  }

  /** An event is sent again to a client that was in its rooms when it disconnected, though not yet when it was sent. */
  private mayComeEarly(member: Member, number: number): boolean {
    const { namespace, isPlain, rooms, except } = this.sent[number - 1];
    return (
      this.recovers &&
      namespace === member.namespace &&
      isPlain &&
      number > member.since &&
      member.partings.some((parting) => number <= parting.until && isMeant(parting.rooms, rooms, except))
    );
  }

  /** An event is not sent again to a client that had left its rooms before it disconnected. */
  private mayBeMissing(member: Member, number: number): boolean {
    const { rooms, except } = this.sent[number - 1];
    return (
      this.recovers &&
      member.partings.some((parting) => number <= parting.until && !isMeant(parting.rooms, rooms, except))
    );
  }

  private name(member: Member, number: number): string {
    const { rooms, except, manner } = this.sent[number - 1];
    const history = [`since ${member.since}`, ...member.history, member.state].join("; ");
    return `${member.id} (${member.namespace}: ${history}): event ${number} (${manner}; to [${rooms}] but [${except}])`;
  }

  report(problem: string): void {
    this.problems.push(problem);
  }
}
