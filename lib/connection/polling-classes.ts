/** Chooses the long-polling transports that work with the installed engine.io. */
import type { ParsedUrlQuery } from "node:querystring";
import { countedPolling, type GuardedPollingConstructor, guardedPolling, unwrapped } from "./polling";
import { compressionProblem, requestProblem } from "./polling-check";
import { StockJsonPolling, StockPolling } from "./stock";

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
