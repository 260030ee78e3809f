/** Who is asked before an engine takes a request that opens a connection or upgrades one. */
import type { EngineRequest } from "./port";

/** Why a request is refused: the code goes to the application, the message to the client. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** Decides about requests. */
export interface Gate {
  /** Why this request is refused, if it is; perhaps that takes some time to find out. */
  refusalOf(req: EngineRequest, isUpgrade: boolean): Refusal | undefined | PromiseLike<Refusal | undefined>;
  /** Whether a WebTransport session is refused: it comes without a request that could be looked at. */
  refusesSession(session: object): boolean;
}
