/** Chooses the long-polling transports that work with the installed engine.io. */
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
  /** What does not work as expected with the installed engine.io; undefined if everything does. */
  readonly problem: string | undefined;
}

let known: PollingClasses | undefined;

/** The classes; they are tried out at the first call. */
export function pollingClasses(): PollingClasses {
  known ??= chooseClasses();
  return known;
}

/** The class for a request with this query. */
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

/** How often the threshold of the compression was read: compressing itself would take longer than all the rest. */
let readings = 0;

/** Distinct from every default, so that a limit that does not arrive is noticed. */
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

/** What does not work when these transports serve requests; undefined if all is well. */
function requestProblem(classFor: ClassFor): string | undefined {
  return firstProblem(classFor, (open, query, body) => {
    if (!delivers(open(), query, body)) {
      return "does not deliver messages";
    }
    if (!refuses(open(), query, ["12345"]) || !refuses(open(), query, ["1", "1", "1"])) {
      return "does not keep to its limits";
    }
    return answer(open(), query).status === 200 ? undefined : "does not answer";
  });
}

/** Whether they look at the option `httpCompression` when they answer: what is wrong if not. */
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

/** The status of the answer to a POST request. */
function post(transport: StockTransport, query: object, chunks: string[]): number | undefined {
  const request = new Request("POST", query);
  transport.onRequest(request.asRequest);
  for (const chunk of chunks) {
    request.emit("data", Buffer.from(chunk));
  }
  request.emit("end");
  return request.answer.status;
}

/** The answer to a GET request, which carries a message. */
function answer(transport: StockTransport, query: object): Answer {
  const request = new Request("GET", query);
  transport.onRequest(request.asRequest);
  transport.send([{ type: "message", data: "a", options: { compress: true } }]);
  return request.answer;
}

/** As much of a request as a transport reads. */
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

/** As much of a response as a transport writes. */
class Answer {
  status?: number;

  writeHead(status: number): this {
    this.status = status;
    return this;
  }

  end(): void {}
}
