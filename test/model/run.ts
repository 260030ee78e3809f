/** Holds a server under random load against the model. */
import { setTimeout as pause } from "node:timers/promises";
import { Random } from "../fuzz/random";
import type { ServerType } from "../support/subject";
import { Model } from "./model";
import { Troupe } from "./players";
import { Steps } from "./steps";

/** The last one is a dynamic namespace. */
const NAMESPACES = ["/", "/second", "/dynamic-1"];

/** How long something may take that has to come to an end, in milliseconds. */
const PATIENCE = 30_000;

export interface ModelRun {
  readonly seed: number;
  readonly clients: number;
  readonly steps: number;
}

/** What was done, over all clients, and what was wrong. */
export interface Outcome {
  readonly events: number;
  readonly received: number;
  readonly sessions: number;
  readonly recovered: number;
  readonly problems: readonly string[];
}

/** Runs it with a server that nobody else uses, and that is reached at these addresses. */
export async function runModel(io: ServerType, urls: readonly string[], options: ModelRun): Promise<Outcome> {
  const random = new Random(options.seed);
  io.of(/^\/dynamic-\d$/);
  const recovers = io.opts.connectionStateRecovery !== undefined;
  const model = new Model(NAMESPACES, recovers);
  const steps = new Steps(io, model, random, () => troupe);
  const troupe = new Troupe(urls, options.clients, NAMESPACES, random);
  const reachedInTime = async (what: string, condition: () => boolean) => {
    (await reached(condition)) || model.report(`${what}: not in time`);
  };
  await reachedInTime("all are connected", () => troupe.sockets.every(({ connected }) => connected));
  await makeSteps(steps, random, options.steps);
  steps.end();
  await settle(model, troupe);
  // now all are there to get something
  await makeSteps(steps, random, 100);
  const last = [...steps.finish()];
  await reachedInTime("all have the last event", () =>
    last.every(([id, number]) => troupe.records.get(id)?.includes(number)),
  );
  await reachedInTime("all questions are answered", () => steps.unanswered === 0);
  for (const [id] of model.members) {
    model.judge(id, troupe.records.get(id) ?? []);
  }
  if (troupe.corrupt.length > 0) {
    model.report(`not what was sent: ${troupe.corrupt}`);
  }
  troupe.quit();
  await checkEmpty(io, model);
  const members = [...model.members.values()];
  return {
    events: model.last,
    received: sum([...troupe.records.values()].map(({ length }) => length)),
    sessions: members.length,
    recovered: sum(members.map(({ history }) => history.filter((what) => what.startsWith("back")).length)),
    problems: model.problems,
  };
}

/** In bursts of many, or few, in one turn of the event loop. */
async function makeSteps(steps: Steps, random: Random, count: number): Promise<void> {
  for (let made = 0; made < count; ) {
    const most = random.chance(0.1) ? 80 : 12;
    for (let left = 1 + random.below(most); left > 0 && made < count; left--, made++) {
      steps.step();
    }
    await (random.chance(0.5) ? new Promise((resolve) => setImmediate(resolve)) : pause(random.below(12)));
  }
}

/** Waits until the server and the clients agree on who is there. */
async function settle(model: Model, troupe: Troupe): Promise<void> {
  const agree = await reached(() => {
    for (const player of troupe.players) {
      player.comeBack();
    }
    const present = model.namespaces.flatMap((namespace) => model.present(namespace));
    const { sockets } = troupe;
    return (
      present.length === sockets.length &&
      sockets.every(({ id, connected }) => connected && model.members.get(id as string)?.state === "in")
    );
  });
  if (!agree) {
    const ids = troupe.sockets.map(({ id }) => id);
    const others = [...model.members.values()].filter(({ id, state }) => state === "in" && !ids.includes(id));
    model.report(
      `the server believes in ${others.map(({ id, history }) => `${id} (${history})`)}; of ${ids.length} clients ` +
        `${troupe.sockets.filter(({ connected }) => !connected).length} are not connected`,
    );
  }
}

/** Nobody is there any more: nothing may be left of them. */
async function checkEmpty(io: ServerType, model: Model): Promise<void> {
  const left = () =>
    model.namespaces.flatMap((name) => {
      const { sockets, adapter } = io.of(name);
      return [sockets.size, adapter.rooms.size, adapter.sids.size];
    });
  if (!(await reached(() => io.engine.clientsCount === 0 && sum(left()) === 0))) {
    model.report(`what is left: ${io.engine.clientsCount} connections; sockets, rooms and ids: ${left()}`);
  }
}

/** Resolves with true when the condition holds, with false when that takes too long. */
async function reached(condition: () => boolean): Promise<boolean> {
  for (const end = Date.now() + PATIENCE; Date.now() < end; await pause(5)) {
    if (condition()) {
      return true;
    }
  }
  return false;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
