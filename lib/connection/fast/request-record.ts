/** Saves memory: stores the upgrade request of a connection in a compact form until the application asks for it. */
import { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { isDeepStrictEqual } from "node:util";
import { logs } from "../../diagnostics";
import type { EngineRequest, RequestParts } from "../port";
import type { WebSocketRequest } from "../stock";
import { expandHeaders, isCompactable, ownHeaders, sharedHeaders } from "./headers";
import { generalQuery, parseSimpleQuery, sharedUrl } from "./query";

/** The members of a request that Node.js sets when it has parsed the headers. */
interface ParsedRequest extends WebSocketRequest {
  joinDuplicateHeaders?: unknown;
  parser: unknown;
  _addHeaderLines(rawHeaders: string[], length: number): void;
}

/** A request without a body, by which a client has opened a WebSocket. Only the library can refer to the original. */
export class RequestRecord implements RequestParts {
  readonly url: string;
  readonly connection: Duplex;
  private readonly webSocket: unknown;
  private readonly sharedHeaders: readonly string[];
  private readonly ownHeaders: string;
  // set if the application has read the handshake: the objects are the same as those of the request
  declare private knownHeaders?: IncomingMessage["headers"];
  declare private knownQuery?: EngineRequest["_query"];

  private constructor(req: WebSocketRequest) {
    this.url = sharedUrl(req.url as string);
    this.connection = req.socket;
    this.webSocket = req.websocket;
    this.sharedHeaders = sharedHeaders(req.rawHeaders);
    this.ownHeaders = ownHeaders(req.rawHeaders);
  }

  /** Returns a record of the request; undefined if the request has members that the record does not store. */
  static of(req: WebSocketRequest): RequestRecord | undefined {
    if (!hasUsualMembers(req as ParsedRequest)) {
      return undefined;
    }
    const record = new RequestRecord(req);
    isExact ??= record.equals(req);
    return isExact ? record : undefined;
  }

  /** Creates a request that is equal to the original. */
  make(): EngineRequest {
    const made = new IncomingMessage(this.connection as Socket) as ParsedRequest;
    made.httpVersionMajor = 1;
    made.httpVersionMinor = 1;
    made.httpVersion = "1.1";
    made.joinDuplicateHeaders = null;
    made.url = this.url;
    (made as { upgrade?: boolean }).upgrade = true;
    const rawHeaders = expandHeaders(this.sharedHeaders, this.ownHeaders);
    made._addHeaderLines(rawHeaders, rawHeaders.length);
    made.method = "GET";
    made.parser = null;
    made.complete = true;
    // the request has no body
    made.push(null);
    made._query = this.knownQuery ?? parseQuery(this.url);
    made.websocket = this.webSocket;
    if (this.knownHeaders) {
      made.headers = this.knownHeaders;
    }
    return made;
  }

  get headers(): IncomingMessage["headers"] {
    this.knownHeaders ??= this.make().headers;
    return this.knownHeaders;
  }

  get _query(): EngineRequest["_query"] {
    this.knownQuery ??= parseQuery(this.url);
    return this.knownQuery;
  }

  /** Whether the request that is created equals the original, apart from the states of streams. */
  private equals(original: WebSocketRequest): boolean {
    const made = this.make();
    const members = Reflect.ownKeys(original);
    const different = isDeepStrictEqual(Reflect.ownKeys(made), members)
      ? ["headers", ...members].find((name) => !isEqual(name, made, original))
      : "the list of members";
    if (different !== undefined) {
      logs.server.enabled && logs.server("upgrade requests are not stored in compact form: %s", different);
    }
    return different === undefined;
  }
}

/** Whether the requests that records create equal the original ones in this version of Node.js; undefined until the first. */
let isExact: boolean | undefined;

/** The names of the own members of the first request. */
let usualMembers: readonly PropertyKey[] | undefined;

/** Whether a request has no other members than the first one, and the most frequent values. */
function hasUsualMembers(req: ParsedRequest): boolean {
  usualMembers ??= Reflect.ownKeys(req);
  const members = Reflect.ownKeys(req);
  return (
    Object.getPrototypeOf(req) === IncomingMessage.prototype &&
    typeof req._addHeaderLines === "function" &&
    req.httpVersion === "1.1" &&
    req.joinDuplicateHeaders === null &&
    req.method === "GET" &&
    req.complete &&
    hasAllHeaders(req) &&
    isCompactable(req.rawHeaders) &&
    members.length === usualMembers.length &&
    members.every((member, i) => member === usualMembers?.[i])
  );
}

/** The maximum number of headers that Node.js passes on, without the option `maxHeadersCount` of the HTTP server. */
const MAX_HEADERS = 1000;

/** Whether `headers` has all headers of `rawHeaders`. */
function hasAllHeaders({ rawHeaders, socket }: ParsedRequest): boolean {
  const { server } = socket as { server?: { readonly maxHeadersCount?: number | null } };
  return rawHeaders.length <= 2 * MAX_HEADERS && typeof server?.maxHeadersCount !== "number";
}

function parseQuery(url: string): EngineRequest["_query"] {
  return parseSimpleQuery(url) ?? generalQuery(url);
}

/** Members that describe the state of a stream, which changes with time. */
const STREAM_STATE: readonly PropertyKey[] = ["_events", "_readableState"];

function isEqual(name: PropertyKey, made: object, original: object): boolean {
  const [first, second] = [Reflect.get(made, name), Reflect.get(original, name)];
  return first === second || STREAM_STATE.includes(name) || isDeepStrictEqual(first, second);
}
