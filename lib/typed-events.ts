/** The types for declared events: which names may be used, and with which arguments. */

/** A value whose type only the application or an adapter knows. */
export type Untyped = any;

/** A listener or an acknowledgement callback with any arguments. */
export type Listener = (...args: any[]) => void;

/** Describes events by name: `{ chat: (text: string) => void }`. */
export interface EventsMap {
  [event: string]: any;
}

/** The default map, for an application that does not declare its events: any name, with any arguments. */
export interface DefaultEventsMap {
  [event: string]: (...args: any[]) => void;
}

/** The names of the events of a map. */
export type EventNames<Map extends EventsMap> = keyof Map & (string | symbol);

/** The arguments of one event of a map. */
export type EventParams<Map extends EventsMap, Ev extends EventNames<Map>> = Parameters<Map[Ev]>;

type IsAny<T> = 0 extends 1 & T ? true : false;
type IsFunction<T> = T extends (...args: any[]) => any ? true : false;

/** The type of the last element of a tuple, or of the elements of an array of unknown length. */
export type Last<Tuple extends readonly unknown[]> = Tuple extends readonly []
  ? never
  : Tuple extends readonly [...unknown[], infer Final]
    ? Final
    : Tuple extends readonly [unknown?, ...infer Rest]
      ? number extends Rest["length"]
        ? Rest[number]
        : Last<Rest>
      : never;

/** A tuple without its last element. */
export type AllButLast<Tuple extends any[]> = Tuple extends [...infer Front, unknown] ? Front : any[];

/** Whether the last argument of an event is an acknowledgement: `"ack"`, `"none"`, or `"unknown"` if it is `any`. */
type AckOf<Listener> =
  IsAny<Listener> extends true
    ? "unknown"
    : Listener extends (...args: infer Args) => any
      ? IsAny<Last<Args>> extends true
        ? "unknown"
        : [Last<Args>] extends [never]
          ? "none"
          : true extends IsFunction<Last<Args>>
            ? "ack"
            : "none"
      : "none";

/** The names of the events whose last argument is an acknowledgement. */
export type EventNamesWithAck<Map extends EventsMap, Ev extends EventNames<Map> = EventNames<Map>> =
  Ev extends EventNames<Map> ? (AckOf<Map[Ev]> extends "ack" | "unknown" ? Ev : never) : never;

/** The names of the events without an acknowledgement. */
export type EventNamesWithoutAck<Map extends EventsMap, Ev extends EventNames<Map> = EventNames<Map>> =
  Ev extends EventNames<Map> ? (AckOf<Map[Ev]> extends "none" | "unknown" ? Ev : never) : never;

/** The map without the events that have an acknowledgement. */
export type RemoveAcknowledgements<Map extends EventsMap> = {
  [Ev in EventNamesWithoutAck<Map>]: Map[Ev];
};

type FirstArgument<Listener> = Listener extends (...args: infer Args) => any ? Args[0] : never;

/** The names of the events whose acknowledgement has an error as its first argument. */
export type EventNamesWithError<
  Map extends EventsMap,
  Ev extends EventNamesWithAck<Map> = EventNamesWithAck<Map>,
> =
  Ev extends EventNamesWithAck<Map>
    ? AckOf<Map[Ev]> extends "unknown"
      ? Ev
      : FirstArgument<Last<Parameters<Map[Ev]>>> extends Error
        ? Ev
        : never
    : never;

/** What a handler of `socket.handle()` answers: the first argument of the acknowledgement. */
type AnswerOf<Ack> = Ack extends { readonly "~value": infer Value }
  ? Value
  : Ack extends (...args: infer Args) => any
    ? Args[0]
    : never;

/** A handler of `socket.handle()`: takes the arguments without the acknowledgement, and returns the answer. */
export type EventHandler<Listener> =
  AckOf<Listener> extends "ack"
    ? Listener extends (...args: infer Args) => any
      ? (...args: AllButLast<Args>) => AnswerOf<Last<Args>> | Promise<AnswerOf<Last<Args>>>
      : never
    : AckOf<Listener> extends "none"
      ? Listener extends (...args: infer Args) => any
        ? (...args: Args) => void | Promise<void>
        : never
      : (...args: any[]) => any;

/** The name of an event of the library, or of an event that the application declares. */
export type ReservedOrUserEventNames<Reserved extends EventsMap, User extends EventsMap> =
  | EventNames<Reserved>
  | EventNames<User>;

/** The type of the listeners for a name; the events of the library take precedence. */
export type ReservedOrUserListener<
  Reserved extends EventsMap,
  User extends EventsMap,
  Ev extends ReservedOrUserEventNames<Reserved, User>,
> = OpenWhenUndeclared<
  Ev extends EventNames<Reserved> ? Reserved[Ev] : Ev extends EventNames<User> ? User[Ev] : never
>;

/** Accepts any listener if the event is not declared. */
type OpenWhenUndeclared<Listener> = [Listener] extends [never]
  ? (...args: any[]) => void | Promise<void>
  : Listener;

/** An object with a typed `emit()`. */
export interface TypedEventBroadcaster<EmitEvents extends EventsMap> {
  emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): boolean;
}

/** The type of the first argument that is not an error. */
export type FirstNonErrorTuple<Args extends unknown[]> = Args[0] extends Error ? Args[1] : Args[0];

/** The type that the promise of `emitWithAck()` resolves to. */
export type FirstNonErrorArg<Ack> = Ack extends (...args: infer Args) => any ? FirstNonErrorTuple<Args> : any;

/** The type of one answer, for the type of the answers of all receivers or of a single one. */
export type AnswerItem<Answers> = Answers extends readonly (infer Answer)[] ? Answer : Answers;

/** A tuple whose elements are arrays of the elements of another tuple. */
export type MultiplyArray<Tuple extends unknown[]> = { [Index in keyof Tuple]: Tuple[Index][] };

/** A tuple with only the first element of another tuple, with the label of that element. */
type FirstOnly<Tuple extends any[]> = Tuple extends [any, ...infer Rest]
  ? Tuple extends [...infer First, ...Rest]
    ? First
    : never
  : never;

/** The arguments of an event with a timeout: the first argument of the acknowledgement is an error or `null`. */
type WithTimeoutError<Args extends any[]> = {
  [Index in keyof Args]: Args[Index] extends (...args: infer Answer) => infer Result
    ? Answer[0] extends Error
      ? Args[Index]
      : (err: Error, ...args: Answer) => Result
    : Args[Index];
};

/** The arguments of an event for many receivers: the acknowledgement takes an array of their responses. */
type WithManyAnswers<Args extends any[]> = {
  [Index in keyof Args]: Args[Index] extends (...args: infer Answer) => infer Result
    ? Answer extends [Error]
      ? (err: Error) => Result
      : Answer extends [Error, ...infer Values]
        ? (err: Error, ...args: FirstOnly<MultiplyArray<Values>>) => Result
        : Answer extends []
          ? () => Result
          : (...args: FirstOnly<MultiplyArray<Answer>>) => Result
    : Args[Index];
};

/** The map for events that are emitted with a timeout. */
export type DecorateAcknowledgements<Map> = {
  [Ev in keyof Map]: Map[Ev] extends (...args: infer Args) => infer Result
    ? (...args: WithTimeoutError<Args>) => Result
    : Map[Ev];
};

/** The map for events that are emitted to many receivers. */
export type DecorateAcknowledgementsWithMultipleResponses<Map> = {
  [Ev in keyof Map]: Map[Ev] extends (...args: infer Args) => infer Result
    ? (...args: WithManyAnswers<Args>) => Result
    : Map[Ev];
};

/** The map for events that are emitted to many receivers with a timeout. */
export type DecorateAcknowledgementsWithTimeoutAndMultipleResponses<Map> = {
  [Ev in keyof Map]: Map[Ev] extends (...args: infer Args) => infer Result
    ? (...args: WithManyAnswers<WithTimeoutError<Args>>) => Result
    : Map[Ev];
};

export type { StrictEventEmitter } from "./events/strict-emitter";
