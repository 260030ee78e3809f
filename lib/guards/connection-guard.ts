/** Decides which connections are accepted, by the limits of connections and by allowedOrigins. */

import { sendCloseFrame } from "../connection/closing";
import type { Gate } from "../connection/gated-engine";
import { type EngineConnection, type EngineRequest, type EngineServer, FORBIDDEN } from "../connection/port";
import { reportGuard } from "../diagnostics";
import { type CodedError, codedError } from "../errors";
import type { ServerOptions, Settings } from "../options/server-options";
import { clientAddress, networkOf } from "./addresses";
import { ConnectionCounts } from "./connection-counts";
import { type OriginCheck, originCheck } from "./origins";
import { RatePerNetwork } from "./rate-per-network";

type AdmissionCode = "CONNECTION_LIMIT" | "ADDRESS_LIMIT" | "HANDSHAKE_RATE" | "ORIGIN_FORBIDDEN";

type Refused = CodedError<AdmissionCode> | undefined;

/** Checks the requests to engines that the server creates, and the open connections of all engines. */
export class ConnectionGuard {
  private readonly counts?: ConnectionCounts;
  private readonly rates?: RatePerNetwork;

  constructor(private readonly settings: Settings) {
    const { limits } = settings;
    const { connections, connectionsPerAddress, handshakesPerSecond = Number.POSITIVE_INFINITY } = limits;
    if (connections !== undefined || connectionsPerAddress !== undefined) {
      this.counts = new ConnectionCounts(limits);
    }
    if (Number.isFinite(handshakesPerSecond)) {
      this.rates = new RatePerNetwork(handshakesPerSecond);
    }
  }

  /** Returns the check for the requests to an engine with these options; `undefined` if nothing is limited. */
  gateFor({ allowedOrigins, requireOrigin }: Partial<ServerOptions>): Gate | undefined {
    if (!allowedOrigins && !this.counts && !this.rates) {
      return undefined;
    }
    const isAllowed = allowedOrigins ? originCheck(allowedOrigins, requireOrigin === true) : undefined;
    // a function may be slow, or query a database, so it is not called for requests that the limits refuse
    const limitsFirst = typeof allowedOrigins === "function";
    return {
      showsRequests: typeof allowedOrigins === "function" || typeof this.settings.trustProxy === "function",
      refusalOf: (req, isUpgrade) => {
        const isHandshake = !req._query?.sid;
        if (!isHandshake && !isUpgrade) {
          return undefined;
        }
        const origin = () => (isAllowed ? this.originProblem(req, isAllowed) : undefined);
        if (!isHandshake) {
          return origin();
        }
        return limitsFirst ? (this.excess(req) ?? origin()) : (origin() ?? this.excess(req));
      },
      refusesSession: (session) => {
        if (allowedOrigins) {
          reportGuard({ code: "ORIGIN_FORBIDDEN", detail: session });
        }
        return allowedOrigins !== undefined;
      },
    };
  }

  private originProblem(req: EngineRequest, isAllowed: OriginCheck): Refused | Promise<Refused> {
    const answer = (passes: boolean) =>
      passes ? undefined : this.refuse(codedError("ORIGIN_FORBIDDEN"), req);
    const passes = isAllowed(req);
    return typeof passes === "boolean" ? answer(passes) : passes.then(answer);
  }

  /** Returns an error if the limits do not allow another connection now. */
  private excess(req: EngineRequest): Refused {
    const address = this.requestAddress(req);
    const network = address === undefined ? undefined : networkOf(address);
    const problem = this.counts?.problem(network);
    if (problem) {
      return this.refuse(problem, req);
    }
    return this.rates && network !== undefined && !this.rates.take(network)
      ? this.refuse(codedError("HANDSHAKE_RATE"), req)
      : undefined;
  }

  private refuse(error: CodedError<AdmissionCode>, req: EngineRequest): CodedError<AdmissionCode> {
    reportGuard({ code: error.code, address: this.requestAddress(req), detail: req });
    return error;
  }

  private requestAddress(req: EngineRequest): string | undefined {
    return clientAddress(req, req.socket?.remoteAddress, this.settings.trustProxy);
  }

  /** Returns the address of the client of a connection. */
  addressOf(conn: EngineConnection): string | undefined {
    const { trustProxy } = this.settings;
    if (!trustProxy) {
      return conn.remoteAddress;
    }
    // a function of the application may keep the request
    const request = typeof trustProxy === "number" && conn.peekRequest ? conn.peekRequest() : conn.request;
    return clientAddress(request, conn.remoteAddress, trustProxy);
  }

  /**
   * Counts a new connection, or closes it and returns `true` if it exceeds the limits. The gate has accepted its request, but
   * several requests may pass the gate before their connections are counted.
   */
  refuses(conn: EngineConnection, engine: EngineServer): boolean {
    if (!this.counts) {
      return false;
    }
    const address = this.addressOf(conn);
    const network = address === undefined ? undefined : networkOf(address);
    const problem = this.counts.problem(network);
    if (!problem) {
      this.counts.count(conn, network);
      return false;
    }
    const req = conn.request;
    reportGuard({ code: problem.code, address, conn, detail: req });
    engine.emit?.("connection_error", {
      req,
      code: FORBIDDEN,
      message: "Forbidden",
      context: { name: problem.code, message: problem.message },
    });
    sendCloseFrame(conn, problem.code);
    conn.close(true);
    return true;
  }
}
