/** Undoes, after each test, whatever the test started. */
type Undo = () => unknown;

const pending: Undo[] = [];

/** Registers something to be undone when the current test ends; the newest is undone first. */
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
