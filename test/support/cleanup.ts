/** Stops, after each test, what the test has started. */
type Undo = () => unknown;

const pending: Undo[] = [];

/** Registers a function that is called when the current test ends. The functions are called in reverse order. */
export function onTestEnd(undo: Undo): void {
  pending.push(undo);
}

export const mochaHooks = {
  async afterEach(): Promise<void> {
    while (pending.length > 0) {
      await pending.pop()?.();
    }
  },
};
