/** The place and time of a measurement. */
import { cpus, release, totalmem, type } from "node:os";

export function machine() {
  const cores = cpus();
  return {
    cpu: cores[0]?.model.trim() ?? "unknown",
    cores: cores.length,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${type()} ${release()}`,
    node: process.version,
  };
}

/** @param {ReturnType<typeof machine>} machine */
export function machineLine({ cpu, cores, memory, system, node }) {
  return `${cpu}, ${cores} cores, ${memory}; ${system}; Node.js ${node}`;
}
