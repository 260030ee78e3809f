/** Answers the commands of the parent process, and exits with it. */

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

/** The CPU time of this process so far, of all threads, in microseconds. */
export function cpuTime() {
  const { user, system } = process.cpuUsage();
  return user + system;
}
