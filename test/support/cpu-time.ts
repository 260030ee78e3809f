/** Measures the CPU time of this process, with all its threads. */

/** Returns a function that returns the CPU time since this call, in microseconds. */
export function startCpuTime(): () => number {
  const start = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(start);
    return user + system;
  };
}
