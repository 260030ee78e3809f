/** The entry point socket.io/contract: describes the events between a server and its clients, for both of them. */
import type { Socket as AnyClientSocket } from "socket.io-client";
import type { ClientSocketMembers } from "./client-socket";
import type {
  ClientEmitEvents,
  ClientListenEvents,
  Contract,
  ContractDefinition,
  ContractError,
} from "./types";

export type { ClientSocketMembers } from "./client-socket";
export type { InputOf, OutputOf, StandardSchemaV1 } from "./standard-schema";
export type {
  AuthOf,
  ClientEmitEvents,
  ClientListenEvents,
  Contract,
  ContractDefinition,
  ContractError,
  EventDefinition,
  EventDefinitions,
  Issue,
  LibraryError,
  Result,
  ServerEmitEvents,
  ServerListenEvents,
  ServerSideEventsOf,
} from "./types";

/**
 * The type of a client's socket: `Socket` of `socket.io-client`, with the events of the contract. In a project in which
 * this package is not installed, it is {@link ClientSocketMembers}, which has the same public members.
 *
 * @since 4.9.0
 * @example
 * const socket: ClientSocket<typeof chat> = io("https://example.com");
 */
export type ClientSocket<Given extends { readonly definition: ContractDefinition }> =
  // a type of a missing package is any; in tuples, since the whole type would be any without them
  [unknown] extends [AnyClientSocket]
    ? ClientSocketMembers<ClientListenEvents<Given["definition"]>, ClientEmitEvents<Given["definition"]>>
    : AnyClientSocket<ClientListenEvents<Given["definition"]>, ClientEmitEvents<Given["definition"]>>;

// registered, since a process may load this file twice, with require() and with import
const MARK = Symbol.for("socket.io.contract");
const ERROR_MARK = Symbol.for("socket.io.contract.error");

const MEMBERS = ["clientToServer", "serverToClient", "serverToServer", "auth", "errors", "answers"];
const RESERVED = ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

/**
 * Describes the events between a server and its clients once: their types, and the checks at run time. The schemas are of
 * any library that implements Standard Schema, such as zod 4, valibot 1 or arktype 2.
 *
 * @since 4.9.0
 * @throws an `INVALID_CONTRACT` error if a schema does not implement Standard Schema, if an event has a reserved name, or if
 * a member is unknown
 * @example
 * export const chat = contract({
 *   clientToServer: {
 *     message: { args: [z.object({ room: z.string(), text: z.string().max(500) })], ack: z.object({ id: z.string() }) },
 *     typing: { args: z.boolean() },
 *   },
 *   serverToClient: { message: { args: [z.object({ from: z.string(), text: z.string() })] } },
 *   auth: z.object({ token: z.string() }),
 * });
 *
 * const io = new Server({ contract: chat });
 */
export function contract<Definition extends ContractDefinition>(
  definition: Definition,
): Contract<Definition> {
  const given = membersOf("The definition", definition, MEMBERS);
  const checked: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) {
      checked[name] = CHECKS[name](name, value);
    }
  }
  if (checked.errors && checked.answers !== "result") {
    throw invalid('"errors" needs answers: "result"');
  }
  const errors = Object.keys(checked.errors ?? {});
  const made = {
    definition: Object.freeze(checked) as Definition,
    error(code: string, data?: unknown): ContractError {
      if (!errors.includes(code)) {
        throw invalid(`"errors" has no code ${JSON.stringify(code)}`);
      }
      const error = new Error(`The answer is the error ${code}`);
      return Object.defineProperty(Object.assign(error, { code, data }), ERROR_MARK, { value: true });
    },
  };
  Object.defineProperty(made, MARK, { value: 1 });
  return Object.freeze(made) as unknown as Contract<Definition>;
}

/**
 * Whether a value was made by `contract()`.
 *
 * @since 4.9.0
 */
export function isContract(value: unknown): value is Contract<ContractDefinition> {
  return Object(value)[MARK] === 1;
}

/**
 * Whether a value was made by `contract.error()`.
 *
 * @since 4.9.0
 */
export function isContractError(value: unknown): value is ContractError {
  return Object(value)[ERROR_MARK] === true;
}

const CHECKS: Readonly<Record<string, (name: string, value: unknown) => unknown>> = {
  clientToServer: (name, value) => eventsOf(name, value, [...RESERVED, "error"]),
  serverToClient: (name, value) => eventsOf(name, value, RESERVED),
  serverToServer: (name, value) => eventsOf(name, value, ["connect", "connection", "new_namespace"]),
  auth: schemaOf,
  errors: (name, value) => mapped(name, membersOf(name, value), schemaOf),
  answers(name, value) {
    if (value !== "plain" && value !== "result") {
      throw invalid(`"${name}" must be "plain" or "result"`);
    }
    return value;
  },
};

function eventsOf(section: string, value: unknown, reserved: readonly string[]): unknown {
  return mapped(section, membersOf(section, value), (name, event, key) => {
    if (reserved.includes(key)) {
      throw invalid(`${name}: the name of the event is reserved`);
    }
    const { args, ack, description } = membersOf(name, event, ["args", "ack", "description"]);
    if (description !== undefined && typeof description !== "string") {
      throw invalid(`${name}.description must be a text`);
    }
    const schemas = args === undefined ? [] : Array.isArray(args) ? args : [args];
    return Object.freeze({
      args: Object.freeze(schemas.map((schema, index) => schemaOf(`${name}.args[${index}]`, schema))),
      ...(ack !== undefined && { ack: schemaOf(`${name}.ack`, ack) }),
      ...(description !== undefined && { description }),
    });
  });
}

function schemaOf(name: string, value: unknown): unknown {
  const { version, validate } = Object(Object(value)["~standard"]);
  if (version !== 1 || typeof validate !== "function") {
    throw invalid(`${name} must be a schema that implements Standard Schema 1, such as a schema of zod 4`);
  }
  return value;
}

/** Returns an object, whose members must be among `known`. */
function membersOf(name: string, value: unknown, known?: readonly string[]): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value) || "~standard" in value) {
    throw invalid(`${name} must be an object`);
  }
  const unknown = known && Object.keys(value).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw invalid(`${name} has no member ${JSON.stringify(unknown)}: choose from ${known?.join(", ")}`);
  }
  return value as Record<string, unknown>;
}

function mapped(
  parent: string,
  members: Record<string, unknown>,
  check: (name: string, value: unknown, key: string) => unknown,
): unknown {
  const entries = Object.entries(members);
  return Object.freeze(
    Object.fromEntries(entries.map(([key, value]) => [key, check(`${parent}.${key}`, value, key)])),
  );
}

/** Not made in errors.ts, whose catalogue would make this entry point too large for pages. */
function invalid(problem: string): Error {
  return Object.assign(new Error(`Invalid contract: ${problem}`), { code: "INVALID_CONTRACT" });
}
