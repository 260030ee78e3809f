/** The load generator: one process with the clients of all servers, whose costs are below those of the servers. */
import { answerCommands, cpuTime } from "../commands.mjs";
import { Fleet } from "./fleet.mjs";
import { PollingFleet } from "./polling-fleet.mjs";
import { asks, chat, echoes } from "./tasks.mjs";
import { visits } from "./visits.mjs";

/** @type {Map<string, Fleet | PollingFleet>} by the name of their server */
const fleets = new Map();

answerCommands({
  async connect({ name, ...plan }) {
    const fleet = plan.polling ? new PollingFleet(plan) : new Fleet(plan);
    fleets.set(name, fleet);
    await fleet.connect();
  },
  close(name) {
    fleets.get(name)?.close();
    fleets.delete(name);
  },
  received: (name) => fleets.get(name).received,
  async arrived({ name, count }) {
    const fleet = fleets.get(name);
    await fleet.until(() => fleet.received >= count);
  },
  chat: ({ name, ...plan }) => chat(fleets.get(name), plan),
  asks: ({ name, ...plan }) => asks(fleets.get(name), plan),
  echoes: ({ name, ...plan }) => echoes(fleets.get(name), plan),
  exchange: ({ name, ...plan }) => fleets.get(name).exchange(plan),
  visits,
  cpu: cpuTime,
});
