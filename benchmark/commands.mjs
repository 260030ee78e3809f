/** Answers the commands of the process that has started this one; ends with it. */

/** @param {Record<string, (argument: any) => unknown>} commands by name */
export function answerCommands(commands) {
  process.on("message", async ({ id, command, argument }) => {
    try {
      process.send({ id, result: (await commands[command](argument)) ?? null });
    } catch (error) {
      process.send({ id, error: String(error?.stack ?? error) });
    }
  });
  process.on("disconnect", () => process.exit());
}

/** The CPU time of this process so far, all threads, in microseconds. */
export function cpuTime() {
  const { user, system } = process.cpuUsage();
  return user + system;
}
