/** Compares a server under random load with the model. */
import { setTimeout as pause } from "node:timers/promises";
import type { ManagerOptions } from "socket.io-client";
import { onTestEnd } from "../support/cleanup";
import { Random } from "../support/random";
import type { ServerType } from "../support/subject";
import { Model } from "./model";
import { Troupe } from "./players";
import { Steps } from "./steps";

/** The last one is a dynamic namespace. */
const NAMESPACES = ["/", "/second", "/dynamic-1"];

/** The times for the clients to connect, and for the last events to arrive, in milliseconds. */
const PATIENCE = { start: 120_000, end: 120_000 };

/** The seed; the default is different in each run. */
export const modelRun = {
  seed: Number(process.env.SEED ?? Date.now() % 1_000_000_007),
  steps: Number(process.env.STEPS ?? 2000),
  clients: 60,
};

/** The maximum duration of the steps, in milliseconds. */
export const MODEL_TIMEOUT = 240_000 + modelRun.steps * 20;

/** Options of the servers: a polling client may disconnect without notice. */
export const heartbeat = { pingInterval: 1000, pingTimeout: 5000 };

/** The number of actions of all clients, and the problems. */
export interface Outcome {
  readonly received: number;
  readonly recovered: number;
  readonly problems: readonly string[];
}

/** Runs the load with a server that is not used otherwise, and that has these addresses. */
export async function runModel(
  io: ServerType,
  urls: readonly string[],
  options = modelRun,
  ways?: Readonly<Record<string, Partial<ManagerOptions>>>,
): Promise<Outcome> {
  const random = new Random(options.seed);
  io.of(/^\/dynamic-\d$/);
  const recovers = io.opts.connectionStateRecovery !== undefined;
  const model = new Model(NAMESPACES, recovers);
  const steps = new Steps(io, model, random, () => troupe);
  const troupe = new Troupe(urls, options.clients, NAMESPACES, random, ways);
  onTestEnd(() => troupe.quit());
  let end = Date.now() + PATIENCE.start;
  const inTime = async (what: () => string, condition: () => boolean) => {
    (await reached(condition, end)) || model.report(`not in time: ${what()}`);
  };
  await inTime(
    () => "all are connected",
    () => troupe.sockets.every(({ connected }) => connected),
  );
  await makeSteps(steps, random, options.steps);
  steps.end();
  end = Date.now() + PATIENCE.end;
  await inTime(
    () => disagreement(model, troupe),
    () => agrees(model, troupe),
  );
  // now all clients are connected, so that each receives a last event
  await makeSteps(steps, random, 100);
  const last = new Map<string, number>();
  const hasGot = (id: string, number: number) => troupe.records.get(id)?.includes(number) ?? false;
  await inTime(
    () => "all have the last event",
    // a client that disconnects again receives another one after its reconnection
    () => steps.finish(last, hasGot),
  );
  await inTime(
    () => "all questions are answered",
    () => steps.unanswered === 0,
  );
  for (const [id] of model.members) {
    model.judge(id, troupe.records.get(id) ?? []);
  }
  if (troupe.corrupt.length > 0) {
    model.report(`not what was sent: ${troupe.corrupt}`);
  }
  troupe.quit();
  await inTime(
    () => `${io.engine.clientsCount} connections are left; sockets, rooms and ids: ${leftOver(io, model)}`,
    () => io.engine.clientsCount === 0 && sum(leftOver(io, model)) === 0,
  );
  return {
    received: sum([...troupe.records.values()].map(({ length }) => length)),
    recovered: sum(
      [...model.members.values()].map(
        ({ history }) => history.filter((what) => what.startsWith("back")).length,
      ),
    ),
    problems: model.problems,
  };
}

/** Performs many or few steps in one turn of the event loop. */
async function makeSteps(steps: Steps, random: Random, count: number): Promise<void> {
  for (let made = 0; made < count; ) {
    const most = random.chance(0.1) ? 80 : 12;
    for (let left = 1 + random.below(most); left > 0 && made < count; left--, made++) {
      steps.step();
    }
    await (random.chance(0.5) ? new Promise((resolve) => setImmediate(resolve)) : pause(random.below(12)));
  }
}

/** Whether the server and the clients agree on the connected clients, after all were asked to connect. */
function agrees(model: Model, troupe: Troupe): boolean {
  for (const player of troupe.players) {
    player.comeBack();
  }
  const present = model.namespaces.flatMap((namespace) => model.present(namespace));
  return (
    present.length === troupe.sockets.length &&
    // a connection that is being closed may take some time, and receives no events
    present.every(({ socket }) => socket.conn.readyState === "open") &&
    troupe.players.every(({ isOpen }) => isOpen) &&
    troupe.sockets.every(({ id, connected }) => connected && model.members.get(id as string)?.state === "in")
  );
}

function disagreement(model: Model, { sockets }: Troupe): string {
  const ids = sockets.map(({ id }) => id);
  const others = [...model.members.values()].filter(({ id, state }) => state === "in" && !ids.includes(id));
  const away = sockets.filter(({ connected }) => !connected).length;
  return `${away} of ${ids.length} clients are not connected, and the server believes in ${others.map(({ id }) => id)}`;
}

/** The remaining entries of the namespaces. */
function leftOver(io: ServerType, model: Model): number[] {
  return model.namespaces.flatMap((name) => {
    const { sockets, adapter } = io.of(name);
    return [sockets.size, adapter.rooms.size, adapter.sids.size];
  });
}

/** Resolves with true when the condition holds, and with false after the timeout. */
async function reached(condition: () => boolean, end: number): Promise<boolean> {
  while (!condition()) {
    if (Date.now() > end) {
      return false;
    }
    await pause(5);
  }
  return true;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
