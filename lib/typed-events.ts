/** The algebra of event maps: which names may be listened to and emitted, and with which arguments. */

/** A value whose type only the application or an adapter knows, and may use without asking. */
export type Untyped = any;

/** Any listener, and any acknowledgement. */
export type Listener = (...args: any[]) => void;

/** Describes events by name: `{ chat: (text: string) => void }`. */
export interface EventsMap {
  [event: string]: any;
}

/** The map of an application that does not declare its events: every name, any arguments. */
export interface DefaultEventsMap {
  [event: string]: (...args: any[]) => void;
}

/** The names of the events of a map. */
export type EventNames<Map extends EventsMap> = keyof Map & (string | symbol);

/** The arguments of one event of a map. */
export type EventParams<Map extends EventsMap, Ev extends EventNames<Map>> = Parameters<Map[Ev]>;

type IsAny<T> = 0 extends 1 & T ? true : false;
type IsFunction<T> = T extends (...args: any[]) => any ? true : false;

/** The last element of a tuple; for an array of unknown length, what it holds. */
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

/** Tells for one event whether its last argument is an acknowledgement: `unknown` if its map says `any`. */
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

/** The names of the events that ask for no acknowledgement. */
export type EventNamesWithoutAck<Map extends EventsMap, Ev extends EventNames<Map> = EventNames<Map>> =
  Ev extends EventNames<Map> ? (AckOf<Map[Ev]> extends "none" | "unknown" ? Ev : never) : never;

/** The part of a map that can be emitted to many receivers without waiting for them. */
export type RemoveAcknowledgements<Map extends EventsMap> = {
  [Ev in EventNamesWithoutAck<Map>]: Map[Ev];
};

type FirstArgument<Listener> = Listener extends (...args: infer Args) => any ? Args[0] : never;

/** The names of the events whose acknowledgement takes an error first. */
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

/** A name that the library emits itself, or one that the application declares. */
export type ReservedOrUserEventNames<Reserved extends EventsMap, User extends EventsMap> =
  | EventNames<Reserved>
  | EventNames<User>;

/** The listener for a name: the library's own events come first. */
export type ReservedOrUserListener<
  Reserved extends EventsMap,
  User extends EventsMap,
  Ev extends ReservedOrUserEventNames<Reserved, User>,
> = OpenWhenUndeclared<
  Ev extends EventNames<Reserved> ? Reserved[Ev] : Ev extends EventNames<User> ? User[Ev] : never
>;

/** An application without declared events may pass any listener. */
type OpenWhenUndeclared<Listener> = [Listener] extends [never]
  ? (...args: any[]) => void | Promise<void>
  : Listener;

/** Whatever events can be emitted through. */
export interface TypedEventBroadcaster<EmitEvents extends EventsMap> {
  emit<Ev extends EventNames<EmitEvents>>(ev: Ev, ...args: EventParams<EmitEvents, Ev>): boolean;
}

/** What an acknowledgement answers with, an error in front left out. */
export type FirstNonErrorTuple<Args extends unknown[]> = Args[0] extends Error ? Args[1] : Args[0];

/** What a promise of an acknowledgement resolves to. */
export type FirstNonErrorArg<Ack> = Ack extends (...args: infer Args) => any ? FirstNonErrorTuple<Args> : any;

/** Each element of a tuple as an array of that element. */
export type MultiplyArray<Tuple extends unknown[]> = { [Index in keyof Tuple]: Tuple[Index][] };

/** The tuple of the first element alone, with its label. */
type FirstOnly<Tuple extends any[]> = Tuple extends [any, ...infer Rest]
  ? Tuple extends [...infer First, ...Rest]
    ? First
    : never
  : never;

/** With a timeout, an acknowledgement is called with an error in front, `null` when the answer came in time. */
type WithTimeoutError<Args extends any[]> = {
  [Index in keyof Args]: Args[Index] extends (...args: infer Answer) => infer Result
    ? Answer[0] extends Error
      ? Args[Index]
      : (err: Error, ...args: Answer) => Result
    : Args[Index];
};

/** With many receivers, an acknowledgement is called with the list of the first answers. */
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

/** The map as it is emitted with a timeout. */
export type DecorateAcknowledgements<Map> = {
  [Ev in keyof Map]: Map[Ev] extends (...args: infer Args) => infer Result
    ? (...args: WithTimeoutError<Args>) => Result
    : Map[Ev];
};

/** The map as it is emitted to many receivers. */
export type DecorateAcknowledgementsWithMultipleResponses<Map> = {
  [Ev in keyof Map]: Map[Ev] extends (...args: infer Args) => infer Result
    ? (...args: WithManyAnswers<Args>) => Result
    : Map[Ev];
};

/** The map as it is emitted to many receivers with a timeout. */
export type DecorateAcknowledgementsWithTimeoutAndMultipleResponses<Map> = {
  [Ev in keyof Map]: Map[Ev] extends (...args: infer Args) => infer Result
    ? (...args: WithManyAnswers<WithTimeoutError<Args>>) => Result
    : Map[Ev];
};

export type { StrictEventEmitter } from "./events/strict-emitter";
