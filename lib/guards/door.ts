/** Who may open a connection, over all engines of a server. */

import { sendCloseFrame } from "../connection/closing";
import type { Gate } from "../connection/gated-engine";
import type { EngineConnection, EngineRequest, EngineServer } from "../connection/port";
import { tellGuard } from "../diagnostics";
import { type CodedError, codedError } from "../errors";
import type { ServerOptions, Settings } from "../options/server-options";
import { clientAddress, networkOf } from "./addresses";
import { Occupancy } from "./occupancy";
import { type OriginCheck, originCheck } from "./origins";
import { RatePerNetwork } from "./rate-per-network";

type AdmissionCode = "CONNECTION_LIMIT" | "ADDRESS_LIMIT" | "HANDSHAKE_RATE" | "ORIGIN_FORBIDDEN";

type Refused = CodedError<AdmissionCode> | undefined;

/** "Forbidden" (Engine.IO, error codes). */
const FORBIDDEN = 4;

/** Engines that the server makes ask it about requests; of any other engine, it sees the connections when they are open. */
export class Door {
  private readonly occupancy?: Occupancy;
  private readonly rates?: RatePerNetwork;

  constructor(private readonly settings: Settings) {
    const { limits } = settings;
    const { connections, connectionsPerAddress, handshakesPerSecond = Number.POSITIVE_INFINITY } = limits;
    if (connections !== undefined || connectionsPerAddress !== undefined) {
      this.occupancy = new Occupancy(limits);
    }
    if (Number.isFinite(handshakesPerSecond)) {
      this.rates = new RatePerNetwork(handshakesPerSecond);
    }
  }

  /** What an engine with these options asks; undefined if nobody is to be refused. */
  gateFor({ allowedOrigins, requireOrigin }: Partial<ServerOptions>): Gate | undefined {
    if (!allowedOrigins && !this.occupancy && !this.rates) {
      return undefined;
    }
    const mayPass = allowedOrigins ? originCheck(allowedOrigins, requireOrigin === true) : undefined;
    // a function may be slow, or ask a database: it is not called for more than may come
    const limitsFirst = typeof allowedOrigins === "function";
    return {
      refusalOf: (req, isUpgrade) => {
        const isHandshake = !req._query?.sid;
        if (!isHandshake && !isUpgrade) {
          return undefined;
        }
        const origin = () => (mayPass ? this.originProblem(req, mayPass) : undefined);
        if (!isHandshake) {
          return origin();
        }
        return limitsFirst ? (this.excess(req) ?? origin()) : (origin() ?? this.excess(req));
      },
      refusesSession: (session) => {
        if (allowedOrigins) {
          tellGuard({ code: "ORIGIN_FORBIDDEN", detail: session });
        }
        return allowedOrigins !== undefined;
      },
    };
  }

  private originProblem(req: EngineRequest, mayPass: OriginCheck): Refused | Promise<Refused> {
    const judge = (passes: boolean) =>
      passes ? undefined : this.refuse(codedError("ORIGIN_FORBIDDEN"), req);
    const passes = mayPass(req);
    return typeof passes === "boolean" ? judge(passes) : passes.then(judge);
  }

  /** Why one more connection would be too many, or come too early. */
  private excess(req: EngineRequest): Refused {
    const address = this.requestAddress(req);
    const network = address === undefined ? undefined : networkOf(address);
    const problem = this.occupancy?.problem(network);
    if (problem) {
      return this.refuse(problem, req);
    }
    return this.rates && network !== undefined && !this.rates.take(network)
      ? this.refuse(codedError("HANDSHAKE_RATE"), req)
      : undefined;
  }

  private refuse(error: CodedError<AdmissionCode>, req: EngineRequest): CodedError<AdmissionCode> {
    tellGuard({ code: error.code, address: this.requestAddress(req), detail: req });
    return error;
  }

  private requestAddress(req: EngineRequest): string | undefined {
    return clientAddress(req, req.socket?.remoteAddress, this.settings.trustProxy);
  }

  /** The address of the client behind a connection. */
  addressOf({ request, remoteAddress }: EngineConnection): string | undefined {
    return clientAddress(request, remoteAddress, this.settings.trustProxy);
  }

  /** Closes a connection that is one too many: several may have passed the gate before the first of them was open. */
  turnsAway(conn: EngineConnection, engine: EngineServer): boolean {
    if (!this.occupancy) {
      return false;
    }
    const address = this.addressOf(conn);
    const network = address === undefined ? undefined : networkOf(address);
    const problem = this.occupancy.problem(network);
    if (!problem) {
      this.occupancy.enter(conn, network);
      return false;
    }
    tellGuard({ code: problem.code, address, conn });
    engine.emit?.("connection_error", {
      req: conn.request,
      code: FORBIDDEN,
      message: "Forbidden",
      context: { name: problem.code, message: problem.message },
    });
    sendCloseFrame(conn, problem.code);
    conn.close(true);
    return true;
  }
}
