/** The types of contracts, and the event maps that follow from them on the server and on the client. */
import type { InputOf, OutputOf, StandardSchemaV1 } from "./standard-schema";

/**
 * Describes one event.
 *
 * @since 4.9.0
 */
export interface EventDefinition {
  /** The schemas of the arguments, or one schema for a single argument. Without it, the event has no arguments. */
  readonly args?: StandardSchemaV1 | readonly [] | readonly StandardSchemaV1[];
  /** The schema of the acknowledgement. Without it, the event is not acknowledged. */
  readonly ack?: StandardSchemaV1;
  /** Describes the event in Markdown, for the documents that `asyncapi()` of `socket.io/contract/asyncapi` writes. */
  readonly description?: string;
}

/**
 * The events of one direction, by name.
 *
 * @since 4.9.0
 */
export interface EventDefinitions {
  readonly [event: string]: EventDefinition;
}

/**
 * Describes the events between a server and its clients; the argument of `contract()`.
 *
 * @since 4.9.0
 */
export interface ContractDefinition {
  /** The events that clients send. */
  readonly clientToServer?: EventDefinitions;
  /** The events that the server sends to clients. */
  readonly serverToClient?: EventDefinitions;
  /**
   * The events that the servers of a cluster send to each other with `serverSideEmit()`. They are checked and delivered as
   * they were sent: transforms and defaults of their schemas do not apply. Without this member, they are not checked.
   */
  readonly serverToServer?: EventDefinitions;
  /** The schema of the option `auth` of clients. */
  readonly auth?: StandardSchemaV1;
  /** The errors that the server may answer with, by code, with the schemas of their data. Needs `answers: "result"`. */
  readonly errors?: { readonly [code: string]: StandardSchemaV1 };
  /**
   * What the server answers to events that are acknowledged:
   *
   * - `"plain"`: the value; an event that is wrong, or whose handler fails, is not acknowledged
   * - `"result"`: a {@link Result}, `{ value }` or `{ error }`
   *
   * @default "plain"
   */
  readonly answers?: "plain" | "result";
}

/**
 * Describes why a value does not follow the contract.
 *
 * @since 4.9.0
 */
export interface Issue {
  /** Where the value is: for arguments, the index of the argument first. */
  readonly path: readonly (string | number)[];
  /** The message of the schema. */
  readonly message: string;
}

/**
 * The errors that the library answers with itself, if the contract has `answers: "result"`.
 *
 * @since 4.9.0
 */
export type LibraryError =
  | { readonly code: "INVALID_PAYLOAD"; readonly issues: readonly Issue[]; readonly data?: undefined }
  | { readonly code: "UNKNOWN_EVENT"; readonly issues?: undefined; readonly data?: undefined }
  | { readonly code: "HANDLER_ERROR"; readonly issues?: undefined; readonly data?: undefined };

/**
 * The answer to an event, if the contract has `answers: "result"`.
 *
 * @since 4.9.0
 */
export type Result<Value, Failure = never> =
  | { readonly value: Value; readonly error?: undefined }
  | { readonly error: Failure | LibraryError; readonly value?: undefined };

/** The acknowledgement function of an event, if the contract has `answers: "result"`. */
export interface ResultAck<Value, Failure> {
  (answer: Result<Value, Failure>): void;
  /** Exists for the compiler only. */
  readonly "~value": Value;
}

/** The codes of the errors that a contract declares. */
export type ErrorCodesOf<Definition> = keyof ErrorsOf<Definition> & string;

type ErrorsOf<Definition> = Definition extends { readonly errors: infer Errors }
  ? Errors
  : Record<never, never>;

/** The arguments of `contract.error()` after the code: the data, which may be left out if they may be `undefined`. */
export type ErrorData<Definition, Code extends ErrorCodesOf<Definition>> = OptionalTail<
  [data: InputOf<ErrorsOf<Definition>[Code]>]
>;

/** The errors that a contract declares, as the client receives them. */
export type FailureOf<Definition> = {
  [Code in ErrorCodesOf<Definition>]: {
    readonly code: Code;
    readonly data: InputOf<ErrorsOf<Definition>[Code]>;
    readonly issues?: undefined;
  };
}[ErrorCodesOf<Definition>];

type Section<
  Definition,
  Name extends "clientToServer" | "serverToClient" | "serverToServer",
> = Definition extends { readonly [Key in Name]: infer Events } ? Events : Record<never, never>;

type SchemasOf<Event> = Event extends { readonly args: infer Schemas }
  ? Schemas extends readonly StandardSchemaV1[]
    ? Schemas
    : [Schemas]
  : [];

type Inputs<Schemas> = Schemas extends readonly unknown[]
  ? { -readonly [Index in keyof Schemas]: InputOf<Schemas[Index]> }
  : never;

type Outputs<Schemas> = Schemas extends readonly unknown[]
  ? { -readonly [Index in keyof Schemas]: OutputOf<Schemas[Index]> }
  : never;

/** Makes the last elements optional that may be `undefined`. */
type OptionalTail<Args> = Args extends [...infer Front, infer Final]
  ? undefined extends Final
    ? [...OptionalTail<Front>, Final?]
    : Args
  : Args extends unknown[]
    ? Args
    : [];

/** A function with these arguments and, unless `Ack` is `never`, an acknowledgement. */
type Call<Args, Ack> = Args extends unknown[]
  ? [Ack] extends [never]
    ? (...args: OptionalTail<Args>) => void
    : (...args: [...args: Args, ack: Ack]) => void
  : never;

/** The arguments of an event with an acknowledgement; the last ones may be left out that may be `undefined`. */
type CallerArgs<Args extends unknown[], Ack> =
  | [...args: Args, ack: Ack]
  | (Args extends [...infer Front, infer Final]
      ? undefined extends Final
        ? CallerArgs<Front, Ack>
        : never
      : never);

/** A {@link Call} of a client: the server inserts the arguments that were left out before the acknowledgement. */
type CallerCall<Args, Ack> = [Ack] extends [never]
  ? Call<Args, Ack>
  : Args extends unknown[]
    ? (...args: CallerArgs<Args, Ack>) => void
    : never;

type InputAck<Event> = Event extends { readonly ack: infer Schema }
  ? (answer: InputOf<Schema>) => void
  : never;

type OutputAck<Event> = Event extends { readonly ack: infer Schema }
  ? (answer: OutputOf<Schema>) => void
  : never;

/** The acknowledgement that a handler of the server calls. */
type HandlerAck<Definition, Event> = Event extends { readonly ack: infer Schema }
  ? Definition extends { readonly answers: "result" }
    ? ResultAck<InputOf<Schema>, FailureOf<Definition>>
    : (answer: InputOf<Schema>) => void
  : never;

/** The acknowledgement that a client passes to `emit()`. */
type CallerAck<Definition, Event> = Event extends { readonly ack: infer Schema }
  ? Definition extends { readonly answers: "result" }
    ? (answer: Result<InputOf<Schema>, FailureOf<Definition>>) => void
    : (answer: InputOf<Schema>) => void
  : never;

/**
 * The events that the server receives from clients: handlers receive what the schemas return.
 *
 * @since 4.9.0
 */
export type ServerListenEvents<Definition> = {
  [Name in keyof Section<Definition, "clientToServer"> & string]: Call<
    Outputs<SchemasOf<Section<Definition, "clientToServer">[Name]>>,
    HandlerAck<Definition, Section<Definition, "clientToServer">[Name]>
  >;
};

/**
 * The events that the server sends to clients.
 *
 * @since 4.9.0
 */
export type ServerEmitEvents<Definition> = {
  [Name in keyof Section<Definition, "serverToClient"> & string]: Call<
    Inputs<SchemasOf<Section<Definition, "serverToClient">[Name]>>,
    OutputAck<Section<Definition, "serverToClient">[Name]>
  >;
};

/**
 * The events that servers send to each other.
 *
 * @since 4.9.0
 */
export type ServerSideEventsOf<Definition> = {
  [Name in keyof Section<Definition, "serverToServer"> & string]: Call<
    Inputs<SchemasOf<Section<Definition, "serverToServer">[Name]>>,
    InputAck<Section<Definition, "serverToServer">[Name]>
  >;
};

/**
 * The events that a client receives from the server.
 *
 * @since 4.9.0
 */
export type ClientListenEvents<Definition> = {
  [Name in keyof Section<Definition, "serverToClient"> & string]: Call<
    Inputs<SchemasOf<Section<Definition, "serverToClient">[Name]>>,
    InputAck<Section<Definition, "serverToClient">[Name]>
  >;
};

/**
 * The events that a client sends to the server.
 *
 * @since 4.9.0
 */
export type ClientEmitEvents<Definition> = {
  [Name in keyof Section<Definition, "clientToServer"> & string]: CallerCall<
    Inputs<SchemasOf<Section<Definition, "clientToServer">[Name]>>,
    CallerAck<Definition, Section<Definition, "clientToServer">[Name]>
  >;
};

/** The event maps of a server with a contract; exists for the compiler only. */
export interface ContractTypes<ListenEvents, EmitEvents, ServerSideEvents> {
  readonly listen: ListenEvents;
  readonly emit: EmitEvents;
  readonly serverSide: ServerSideEvents;
}

/** A contract with these event maps. */
export interface ContractOf<ListenEvents, EmitEvents, ServerSideEvents> {
  /** The description of the events. */
  readonly definition: ContractDefinition;
  /** Exists for the compiler only. */
  readonly "~types"?: ContractTypes<ListenEvents, EmitEvents, ServerSideEvents>;
}

/**
 * Any contract.
 *
 * @since 4.9.0
 */
export type AnyContract = ContractOf<unknown, unknown, unknown>;

/**
 * An error that a handler may throw to answer with it, made by `contract.error()`.
 *
 * @since 4.9.0
 */
export interface ContractError<Code extends string = string, Data = unknown> extends Error {
  /** The code, which is among the `errors` of the contract. */
  readonly code: Code;
  /** The data, which the schema of the code describes. */
  readonly data: Data;
}

/**
 * A checked description of the events between a server and its clients, made by `contract()`.
 *
 * @since 4.9.0
 */
export interface Contract<Definition extends ContractDefinition>
  extends ContractOf<
    ServerListenEvents<Definition>,
    ServerEmitEvents<Definition>,
    ServerSideEventsOf<Definition>
  > {
  readonly definition: Definition;
  /**
   * Creates an error that the contract declares. A handler of `socket.handle()` throws it, and the client receives
   * `{ error: { code, data } }`.
   *
   * @throws an `INVALID_CONTRACT` error if the contract does not declare the code
   * @example
   * socket.handle("join", async (room) => {
   *   if (isFull(room)) {
   *     throw chat.error("ROOM_FULL", { max: 3 });
   *   }
   * });
   */
  error<Code extends keyof ErrorsOf<Definition> & string>(
    code: Code,
    ...data: ErrorData<Definition, Code>
  ): ContractError<Code, InputOf<ErrorsOf<Definition>[Code]>>;
}

/**
 * The auth data of clients after the check: `socket.handshake.auth as AuthOf<typeof chat>`.
 *
 * @since 4.9.0
 */
export type AuthOf<Given> = Given extends { readonly definition: { readonly auth: infer Schema } }
  ? OutputOf<Schema>
  : Record<string, unknown>;
