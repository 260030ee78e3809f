/** The contract of one namespace at run time: checks events, answers and auth data. */
import process from "node:process";
import { type Ack, likeAck, REJECT, type RejectableAck } from "../acks/pending";
import { reportGuard } from "../diagnostics";
import { type CodedError, codedError } from "../errors";
import type { HandlerGuard } from "../guards/handler-errors";
import type { Limits } from "../options/limits";
import { escaped, quoted } from "../texts";
import type { Untyped } from "../typed-events";
import { warnOnce } from "../warnings";
import {
  checkArguments,
  checkReceived,
  checkValue,
  isPromise,
  NO_SUCH_ARGUMENT,
  type Outcome,
  type Pending,
  pathsOf,
} from "./check";
import { isContractError } from "./contract";
import type { StandardSchemaV1 } from "./standard-schema";
import { Turns } from "./turns";
import type { AnyContract, EventDefinitions, Issue } from "./types";

/** The options of a namespace about its contract. */
export interface ContractSettings {
  readonly contract: AnyContract;
  readonly unknownEvents?: "refuse" | "allow" | undefined;
  readonly validateOutgoing?: "development" | "always" | "never" | undefined;
}

/** A value that does not follow the contract, as errors and reports describe it. */
export type Refusal = CodedError<"INVALID_PAYLOAD" | "UNKNOWN_EVENT" | "INVALID_AUTH" | "EVENT_QUEUE"> & {
  /** The issues; not enumerable, since the messages of some schemas quote the value, and logs print enumerable members. */
  readonly issues?: readonly Issue[];
};

/** The members of a namespace that are used here. */
export interface CheckedNamespace {
  readonly handlerGuard?: Pick<HandlerGuard, "inform">;
}

/** The members of a namespace that are used for events of other servers. */
interface AskedNamespace extends CheckedNamespace {
  /** Set at the first of these events. */
  turns?: Turns | undefined;
  readonly effectiveLimits: Pick<Limits, "queuedEvents">;
}

/** The members of a client that are used here. */
interface CheckedClient {
  readonly address?: string | undefined;
  readonly conn?: unknown;
}

/** The members of a socket that are used here. */
export interface CheckedSocket {
  readonly nsp: CheckedNamespace;
  readonly client: CheckedClient;
}

/** What a report names: the event, and the socket or the client that has sent it. */
interface Source {
  readonly event?: string;
  readonly socket?: CheckedSocket;
  readonly client?: CheckedClient | undefined;
}

/** The key that marks the acknowledgement of an event whose client has asked for none. */
const UNASKED = Symbol("no acknowledgement");

/** The acknowledgement that a handler receives. */
type HandlerAck = Ack & { [UNASKED]?: true };

/** Has no effect. */
const UNASKED_ACK: HandlerAck = Object.assign(() => {}, { [UNASKED]: true as const });

/** Whether the client receives what an acknowledgement is called with. */
export function isAsked(ack: Ack): boolean {
  return !(ack as HandlerAck)[UNASKED];
}

interface CheckedEvent {
  readonly args: readonly StandardSchemaV1[];
  readonly ack?: StandardSchemaV1;
}

const NO_ARGUMENTS: readonly StandardSchemaV1[] = [];

/** The contract of one namespace. */
export class ContractGate {
  /** The options that the gate was made with. */
  readonly settings: ContractSettings;
  /** Whether the server answers with `{ value }` or `{ error }`. */
  readonly answersResults: boolean;
  private readonly refusesUnknown: boolean;
  private readonly checksOutgoing: boolean;
  private readonly incoming: ReadonlyMap<string, CheckedEvent>;
  private readonly outgoing: ReadonlyMap<string, CheckedEvent>;
  private readonly betweenServers: ReadonlyMap<string, CheckedEvent> | undefined;
  private readonly auth: StandardSchemaV1 | undefined;
  private readonly errors: ReadonlyMap<string, StandardSchemaV1>;
  /** The name and the arguments of an event that {@link checkOnce} has checked, while it is being sent. */
  private checked: readonly unknown[] | undefined = undefined;

  constructor(settings: ContractSettings) {
    const { contract, unknownEvents, validateOutgoing = "development" } = settings;
    const { clientToServer, serverToClient, serverToServer, auth, errors, answers } = contract.definition;
    this.settings = settings;
    this.answersResults = answers === "result";
    this.refusesUnknown = unknownEvents !== "allow";
    this.checksOutgoing =
      validateOutgoing === "always" ||
      (validateOutgoing === "development" && process.env.NODE_ENV !== "production");
    this.incoming = eventsOf(clientToServer);
    this.outgoing = eventsOf(serverToClient);
    this.betweenServers = serverToServer && eventsOf(serverToServer);
    this.auth = auth;
    this.errors = new Map(Object.entries(errors ?? {}));
  }

  // Incoming

  /** Checks an event of a client, without its acknowledgement. Returns `undefined` if it is unknown and allowed. */
  checkEvent(name: unknown, args: readonly unknown[]): Pending<unknown[]> | undefined {
    const event = this.incoming.get(String(name));
    return event ? checkArguments(event.args, args) : undefined;
  }

  /** Whether events are refused that are not in the contract. */
  refuses(name: unknown): boolean {
    return this.refusesUnknown && !this.incoming.has(String(name));
  }

  /**
   * Returns the acknowledgement function for the handlers of an event. It exists for each event with an acknowledgement, even
   * if the client does not ask for one: a handler that calls it would throw otherwise.
   */
  ackFor(name: unknown, ack: Ack | undefined): Ack | undefined {
    const schema = this.incoming.get(String(name))?.ack;
    if (!schema) {
      return ack;
    }
    const send = ack ?? UNASKED_ACK;
    if (!this.checksOutgoing) {
      return send;
    }
    const checked: HandlerAck = (...answer) => {
      this.checkAnswer(String(name), schema, answer);
      send(...answer);
    };
    if (!ack) {
      checked[UNASKED] = true;
    }
    return checked;
  }

  private checkAnswer(name: string, schema: StandardSchemaV1, given: readonly unknown[]): void {
    const what = `The answer to the event ${quoted(name)}`;
    if (given.length > 1) {
      throwIfWrong(what, { issues: [{ path: [1], message: NO_SUCH_ARGUMENT }] });
    }
    const [answer] = given;
    if (!this.answersResults) {
      throwIfWrong(what, checkValue(schema, answer));
      return;
    }
    const { error, value } = Object(answer) as {
      error?: { code?: unknown; data?: unknown };
      value?: unknown;
    };
    if (error === undefined) {
      throwIfWrong(what, checkValue(schema, value, ["value"]));
      return;
    }
    const code = String(Object(error).code);
    const declared = this.errors.get(code);
    if (declared) {
      throwIfWrong(what, checkValue(declared, Object(error).data, ["error", "data"]));
    } else if (!LIBRARY_ERRORS.includes(code)) {
      throwIfWrong(what, {
        issues: [{ path: ["error", "code"], message: "The contract has no such error" }],
      });
    }
  }

  /** Returns the error that a client receives for what a handler has thrown; `undefined` if the contract does not declare it. */
  declaredError(error: unknown): { code: string; data: unknown } | undefined {
    return isContractError(error) && this.errors.has(error.code)
      ? { code: error.code, data: error.data }
      : undefined;
  }

  /** Whether the gate was made with these options. */
  isFor({ contract, unknownEvents, validateOutgoing }: ContractSettings): boolean {
    const { settings } = this;
    return (
      settings.contract === contract &&
      settings.unknownEvents === unknownEvents &&
      settings.validateOutgoing === validateOutgoing
    );
  }

  /**
   * Checks the auth data of a client, without the members with which the client asks for its session. It sends them also
   * after the option `connectionStateRecovery` was removed.
   */
  checkAuth(auth: Record<string, unknown>): Pending<Record<string, unknown>> {
    if (!this.auth) {
      return { value: auth };
    }
    const { pid: _pid, offset: _offset, ...own } = auth;
    return checkValue(this.auth, own) as Pending<Record<string, unknown>>;
  }

  // Outgoing

  /** Throws if an event for clients does not follow the contract. Its last argument may be an acknowledgement function. */
  checkEmit(name: unknown, args: readonly unknown[]): void {
    if (this.checksOutgoing && !this.isChecked(name, args)) {
      this.checkSent(this.outgoing, name, args);
    }
  }

  /** Checks an event like {@link checkEmit}, and calls `send`, during which the same event is not checked again. */
  checkOnce(name: unknown, args: readonly unknown[], send: () => void): void {
    this.checkEmit(name, args);
    const outer = this.checked;
    this.checked = [name, ...args];
    try {
      send();
    } finally {
      this.checked = outer;
    }
  }

  private isChecked(name: unknown, args: readonly unknown[]): boolean {
    const { checked } = this;
    return (
      checked !== undefined &&
      checked[0] === name &&
      checked.length === args.length + 1 &&
      args.every((arg, i) => arg === checked[i + 1])
    );
  }

  /** Throws if an event for other servers does not follow the contract. */
  checkServerSideEmit(name: unknown, args: readonly unknown[]): void {
    if (this.checksOutgoing && this.betweenServers) {
      this.checkSent(this.betweenServers, name, args);
    }
  }

  private checkSent(
    events: ReadonlyMap<string, CheckedEvent>,
    name: unknown,
    args: readonly unknown[],
  ): void {
    const event = events.get(String(name));
    if (event) {
      const last = args.length - 1;
      const sent = typeof args[last] === "function" ? args.slice(0, last) : args;
      throwIfWrong(`The event ${quoted(name)}`, checkArguments(event.args, sent, checkValue));
    } else if (this.refusesUnknown) {
      throw codedError("UNKNOWN_EVENT", quoted(name));
    }
  }

  // Acknowledgements of clients

  /**
   * Wraps the acknowledgement of an event for one client, so that it receives what the schema returns. If the answer is wrong,
   * the promise of `emitWithAck()` is rejected, and a callback that takes an error receives it.
   */
  checkedAck(socket: CheckedSocket, name: unknown, ack: RejectableAck): Ack {
    const schema = this.outgoing.get(String(name))?.ack;
    if (!schema) {
      return ack;
    }
    const decide = ({ value, issues }: Outcome) => {
      if (issues) {
        const error = wrongAnswer(name, issues);
        this.report(socket.nsp, error, { event: escaped(name), socket });
        ack[REJECT]?.(error);
      } else {
        ack.call(socket, value);
      }
    };
    return likeAck((answer) => settle(checkReceived(schema, answer), decide), ack);
  }

  /** Returns a function that checks the acknowledgements of many clients, and passes on the right ones. */
  checkedAnswers(
    nsp: CheckedNamespace,
    name: unknown,
    pass: (answer: unknown) => void,
    refuse: (error: Error) => void,
  ): (answer: unknown) => void {
    const schema = this.outgoing.get(String(name))?.ack;
    if (!schema) {
      return pass;
    }
    return (answer) => {
      settle(checkReceived(schema, answer), ({ value, issues }) => {
        if (issues) {
          const error = wrongAnswer(name, issues);
          this.report(nsp, error, { event: escaped(name) });
          refuse(error);
        } else {
          pass(value);
        }
      });
    };
  }

  // Events of other servers

  /**
   * Calls `deliver` if an event of another server follows the contract. Keeps the order of the events of a namespace; drops an
   * event if too many are waiting.
   */
  admitServerSide(nsp: AskedNamespace, [name, ...args]: readonly unknown[], deliver: () => void): void {
    nsp.turns ??= new Turns();
    const max = nsp.effectiveLimits.queuedEvents;
    if (nsp.turns.isFull(max)) {
      this.report(nsp, codedError("EVENT_QUEUE", max), { event: escaped(name) });
      return;
    }
    nsp.turns.take(this.checkServerSide(name, args), (error) => {
      if (error) {
        this.report(nsp, error, { event: escaped(name) });
      } else {
        deliver();
      }
    });
  }

  /** Returns why an event of another server is wrong, if it is. */
  private checkServerSide(
    name: unknown,
    args: readonly unknown[],
  ): Refusal | undefined | Promise<Refusal | undefined> {
    const event = this.betweenServers?.get(String(name));
    if (!event) {
      return this.betweenServers && this.refusesUnknown ? unknownEvent(name) : undefined;
    }
    const last = args.length - 1;
    const sent = typeof args[last] === "function" ? args.slice(0, last) : args;
    const refusalOf = ({ issues }: Outcome) => (issues ? wrongEvent(name, issues) : undefined);
    const pending = checkArguments(event.args, sent);
    return isPromise(pending) ? pending.then(refusalOf) : refusalOf(pending);
  }

  /** Reports a value that does not follow the contract. */
  report(nsp: CheckedNamespace, error: Refusal, { event, socket, client = socket?.client }: Source): void {
    const { code, message } = error;
    reportGuard({
      code,
      address: client?.address,
      conn: client?.conn,
      socket,
      nsp,
      detail: { event, message },
    });
    nsp.handlerGuard?.inform(error, {
      phase: "contract",
      ...(event !== undefined && { event }),
      ...(socket && { socket: socket as Untyped }),
    });
  }
}

/** The codes of {@link LibraryError}. */
const LIBRARY_ERRORS: readonly string[] = ["INVALID_PAYLOAD", "UNKNOWN_EVENT", "HANDLER_ERROR"];

function eventsOf(definitions: EventDefinitions | undefined): ReadonlyMap<string, CheckedEvent> {
  return new Map(
    Object.entries(definitions ?? {}).map(([name, { args = NO_ARGUMENTS, ack }]) => [
      name,
      { args: args as readonly StandardSchemaV1[], ...(ack && { ack }) },
    ]),
  );
}

/** Calls `done` with the outcome: at once if the schema is synchronous, and otherwise in a tick of its own. */
function settle<Value>(pending: Pending<Value>, done: (outcome: Outcome<Value>) => void): void {
  if (isPromise(pending)) {
    pending.then((outcome) => process.nextTick(done, outcome));
  } else {
    done(pending);
  }
}

/** Throws if what the server sends is wrong. With an asynchronous schema, it cannot be checked before it is sent. */
function throwIfWrong(what: string, pending: Pending): void {
  if (isPromise(pending)) {
    warnOnce("SOCKET_IO_ASYNC_SCHEMA", what);
  } else if (pending.issues) {
    // without the messages of the issues, which may quote the value: logs and traces show this message
    throw withIssues(codedError("INVALID_PAYLOAD", what, pathsOf(pending.issues)), pending.issues);
  }
}

/** The error for an event that is not in the contract. */
export function unknownEvent(name: unknown): Refusal {
  return codedError("UNKNOWN_EVENT", quoted(name));
}

/** The error for an event with wrong arguments. */
export function wrongEvent(name: unknown, issues: readonly Issue[]): Refusal {
  return withIssues(codedError("INVALID_PAYLOAD", `The event ${quoted(name)}`, pathsOf(issues)), issues);
}

/** The error for wrong auth data. */
export function wrongAuth(issues: readonly Issue[]): Refusal {
  return withIssues(codedError("INVALID_AUTH", pathsOf(issues)), issues);
}

function wrongAnswer(name: unknown, issues: readonly Issue[]): Refusal {
  const what = `The acknowledgement of the event ${quoted(name)}`;
  return withIssues(codedError("INVALID_PAYLOAD", what, pathsOf(issues)), issues);
}

function withIssues<Given extends Error>(error: Given, issues: readonly Issue[]): Given {
  return Object.defineProperty(error, "issues", { value: issues });
}
