/** Keeps the last result of a function until the end of the turn: the next receiver of a broadcast has the same argument. */
import { inNextTurn } from "../at-load";

/** Returns a function with the results of `compute`, which it calls only if the text differs from that of the last call. */
export function cachedInTurn<Result>(compute: (text: string) => Result): (text: string) => Result {
  let last: { readonly text: string; readonly result: Result } | undefined;
  const forget = () => {
    // it may be large
    last = undefined;
  };
  return (text) => {
    if (last?.text !== text) {
      if (!last) {
        inNextTurn(forget);
      }
      last = { text, result: compute(text) };
    }
    return last.result;
  };
}
