/** Load: numbers that the first server sends continuously. */
import type { Member, Stage } from "./stage";

/** Sends the numbers from 0 on, until it is stopped. */
export function sendNumbers(stage: Stage): Promise<void> {
  return stage.run(0, (nsp) => {
    let number = 0;
    const timer = setInterval(() => nsp.emit("number", number++), 2);
    Object.assign(nsp, {
      stopNumbers() {
        clearInterval(timer);
        return number;
      },
    });
  });
}

/** Resolves with the count of numbers that were sent. */
export function stopNumbers({ run }: Stage): Promise<number> {
  return run(0, (nsp) => (nsp as any).stopNumbers());
}

export function numbersOf({ seen }: Member): number[] {
  return seen.filter(([name]) => name === "number").map(([, number]) => number);
}
