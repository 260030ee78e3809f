/** Admits the events of one client that follow the contract of its namespace, in their order. */
import process from "node:process";
import type { Ack } from "../acks/pending";
import { type CodedError, codedError } from "../errors";
import { TokenBucket } from "../guards/token-bucket";
import type { Limits } from "../options/limits";
import { type Event, type InterceptedSocket, Interceptors } from "../socket/interceptors";
import { escaped } from "../texts";
import { isPromise, type Outcome } from "./check";
import { type CheckedSocket, type ContractGate, type Refusal, unknownEvent, wrongEvent } from "./gate";

/** The members of a socket that are used here. */
type DoorSocket = InterceptedSocket &
  CheckedSocket & {
    readonly connected: boolean;
    readonly nsp: { readonly effectiveLimits: Limits };
    readonly client: { closeFor(error: CodedError<"INVALID_EVENT_RATE" | "EVENT_QUEUE">): void };
  };

/** The number of seconds whose wrong events a client may send at once, if it has sent none for that time. */
const BURST = 10;

/** The wrong events of each client that has sent some: a client has several sockets, but one limit. */
const wrongEvents = new WeakMap<object, TokenBucket>();

/** The interceptors of a socket in a namespace with a contract. */
export class Door extends Interceptors {
  /** The events that arrived while an earlier one is checked by an asynchronous schema; `undefined` if none is. */
  private queue: Event[] | undefined = undefined;

  constructor(private readonly gate: ContractGate) {
    super();
  }

  /** Checks an event and, if it is right, passes it to the catch-all listeners, the middlewares and the handlers. */
  override pass(socket: DoorSocket, event: Event): void {
    const { queue } = this;
    const max = socket.nsp.effectiveLimits.queuedEvents;
    if (!socket.connected) {
      this.queue = undefined;
    } else if (!queue) {
      this.check(socket, event);
    } else if (queue.length < max) {
      queue.push(event);
    } else {
      socket.client.closeFor(codedError("EVENT_QUEUE", max));
    }
  }

  /** Returns `false` if the event is checked later; {@link resume} is called then. */
  private check(socket: DoorSocket, event: Event): boolean {
    const { gate } = this;
    const last: unknown = event[event.length - 1];
    // data of a client have no functions, so this is the acknowledgement
    const ack = typeof last === "function" ? (event.pop() as Ack) : undefined;
    const [name, ...args] = event;
    if (gate.refuses(name)) {
      this.refuse(socket, name, ack, unknownEvent(name));
      return true;
    }
    const decide = ({ value, issues }: Outcome<unknown[]>) => {
      if (issues) {
        this.refuse(socket, name, ack, wrongEvent(name, issues));
      } else {
        const answer = gate.ackFor(name, ack);
        super.pass(socket, answer ? [name, ...value, answer] : [name, ...value]);
      }
      return true;
    };
    const pending = gate.checkEvent(name, args) ?? { value: args };
    if (!isPromise(pending)) {
      return decide(pending);
    }
    this.queue ??= [];
    // in a tick of its own, so that what a listener throws is an uncaught exception, as for other events
    pending.then((outcome) => process.nextTick(resume, this, socket, () => decide(outcome)));
    return false;
  }

  /** @internal Ends or starts the check of an event and, when it is done, starts that of the next one. */
  resume(socket: DoorSocket, run: () => boolean): void {
    if (!socket.connected) {
      this.queue = undefined;
      return;
    }
    let isDone = true;
    try {
      isDone = run();
    } finally {
      isDone && this.advance(socket);
    }
  }

  private advance(socket: DoorSocket): void {
    const event = this.queue?.shift();
    if (event) {
      process.nextTick(resume, this, socket, () => this.check(socket, event));
    } else {
      this.queue = undefined;
    }
  }

  private refuse(socket: DoorSocket, name: unknown, ack: Ack | undefined, error: Refusal): void {
    const { gate } = this;
    if (gate.answersResults) {
      const { code, issues } = error;
      ack?.({ error: { code, ...(issues && { issues }) } });
    }
    gate.report(socket.nsp, error, { event: escaped(name), socket });
    const max = socket.nsp.effectiveLimits.invalidEventsPerSecond;
    if (Number.isFinite(max) && !bucketOf(socket.client, max).take(1)) {
      socket.client.closeFor(codedError("INVALID_EVENT_RATE", max));
    }
  }
}

function bucketOf(client: object, perSecond: number): TokenBucket {
  const known = wrongEvents.get(client) ?? new TokenBucket(perSecond, Math.max(1, perSecond * BURST));
  wrongEvents.set(client, known);
  return known;
}

function resume(door: Door, socket: DoorSocket, run: () => boolean): void {
  door.resume(socket, run);
}
