/** Chooses the classes of long-polling transports, after a check whether they work with the installed engine.io. */
import { EventEmitter } from "node:events";
import type { ParsedUrlQuery } from "node:querystring";
import { countedPolling, type GuardedPollingConstructor, guardedPolling, unwrapped } from "./polling";
import {
  type PollingRequest,
  type RawPacket,
  StockJsonPolling,
  StockPolling,
  type StockTransport,
  type TransportOptions,
} from "./stock";

interface PollingClasses {
  readonly plain: GuardedPollingConstructor;
  readonly json: GuardedPollingConstructor;
  /** Describes what does not work with the installed engine.io; undefined if everything works. */
  readonly problem: string | undefined;
}

let known: PollingClasses | undefined;

/** Returns the classes; the first call checks that they work. */
export function pollingClasses(): PollingClasses {
  known ??= chooseClasses();
  return known;
}

/** Returns the class for a request with this query. */
export function pollingClassFor(query: ParsedUrlQuery | undefined): GuardedPollingConstructor {
  const { plain, json } = pollingClasses();
  return typeof query?.j === "string" ? json : plain;
}

function chooseClasses(): PollingClasses {
  const plain = guardedPolling(StockPolling, (body) => body);
  const json = guardedPolling(StockJsonPolling, unwrapped);
  const classFor = ({ j }: ParsedUrlQuery) => (typeof j === "string" ? json : plain);
  const problem = requestProblem(classFor);
  return problem
    ? {
        plain: countedPolling(StockPolling, (body) => body),
        json: countedPolling(StockJsonPolling, unwrapped),
        problem,
      }
    : { plain, json, problem: compressionProblem(classFor) };
}

/** The queries of each kind of long-polling, with the body of a POST request that carries the message "a". */
const KINDS: readonly { query: { EIO: string; j?: string }; body: string }[] = [
  { query: { EIO: "4" }, body: "4a" },
  { query: { EIO: "4", j: "0" }, body: "d=4a" },
  { query: { EIO: "3" }, body: "2:4a" },
];

/** How often a transport has read the compression threshold; checking a real compression would take too long. */
let readings = 0;

/** Each limit differs from its default, so that the check detects a limit that is ignored. */
const OPTIONS: TransportOptions = {
  maxHttpBufferSize: 4,
  maxBufferedChunks: 2,
  httpRequestBodyTimeout: 60_000,
  httpCompression: {
    get threshold() {
      readings++;
      return Number.POSITIVE_INFINITY;
    },
  },
};

type ClassFor = (query: { readonly j?: string }) => GuardedPollingConstructor;

type Open = () => StockTransport;

/** Lets transports of these classes handle requests; returns a description of what does not work. */
function requestProblem(classFor: ClassFor): string | undefined {
  return firstProblem(classFor, (open, query, body) => {
    if (!delivers(open(), query, body)) {
      return "does not deliver messages";
    }
    if (!refuses(open(), query, ["12345"]) || !refuses(open(), query, ["1", "1", "1"])) {
      return "does not enforce its limits";
    }
    return answer(open(), query).status === 200 ? undefined : "does not answer";
  });
}

/** Lets transports of these classes respond; returns a description if they do not read the option `httpCompression`. */
function compressionProblem(classFor: ClassFor): string | undefined {
  return firstProblem(classFor, (open, query) => {
    const before = readings;
    answer(open(), query);
    return readings > before ? undefined : "does not compress";
  });
}

function firstProblem(
  classFor: ClassFor,
  problemOf: (open: Open, query: object, body: string) => string | undefined,
): string | undefined {
  for (const { query, body } of KINDS) {
    const Polling = classFor(query);
    let problem: string | undefined;
    try {
      problem = problemOf(() => new Polling(new Request("GET", query).asRequest, OPTIONS, 1), query, body);
    } catch (error) {
      problem = `fails with ${error}`;
    }
    if (problem) {
      return `long-polling (${new URLSearchParams(query)}) ${problem}`;
    }
  }
  return undefined;
}

function delivers(transport: StockTransport, query: object, body: string): boolean {
  let received: unknown;
  transport.on("packet", (packet: RawPacket) => {
    received = packet.data;
  });
  return post(transport, query, [body]) === 200 && received === "a";
}

function refuses(transport: StockTransport, query: object, chunks: string[]): boolean {
  let failed = false;
  transport.on("error", () => {
    failed = true;
  });
  return post(transport, query, chunks) === 413 && failed;
}

/** Sends a POST request to a transport; returns the status of the response. */
function post(transport: StockTransport, query: object, chunks: string[]): number | undefined {
  const request = new Request("POST", query);
  transport.onRequest(request.asRequest);
  for (const chunk of chunks) {
    request.emit("data", Buffer.from(chunk));
  }
  request.emit("end");
  return request.answer.status;
}

/** Sends a GET request to a transport; returns the response, which contains a message. */
function answer(transport: StockTransport, query: object): Answer {
  const request = new Request("GET", query);
  transport.onRequest(request.asRequest);
  transport.send([{ type: "message", data: "a", options: { compress: true } }]);
  return request.answer;
}

/** The members of a request that a transport reads. */
class Request extends EventEmitter {
  readonly headers = {};
  readonly answer = new Answer();
  readonly res = this.answer;

  constructor(
    readonly method: "GET" | "POST",
    readonly _query: object,
  ) {
    super();
  }

  get asRequest(): PollingRequest {
    return this as unknown as PollingRequest;
  }

  pause(): void {}

  destroy(): void {}
}

/** The members of a response that a transport uses. */
class Answer {
  status?: number;

  writeHead(status: number): this {
    this.status = status;
    return this;
  }

  end(): void {}
}
