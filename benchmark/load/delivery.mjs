/** The clients of delivery.mjs in a separate process: they come back after their connections are lost. */
import { setTimeout as pause } from "node:timers/promises";
import { answerCommands } from "../commands.mjs";
import { ReturningClient } from "./returning.mjs";

/** The number of clients that connect at the same time. */
const atOnce = 100;

/** @type {ReturningClient[]} */
let clients = [];
/** Called when a client connects or is disconnected. */
let onChange = () => {};
/** The time from which returns are measured. */
let markedAt = 0;

/** Waits until a condition is true, at most for a number of seconds; returns whether it is true. */
function until(condition, seconds) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      onChange = () => {};
      resolve(false);
    }, seconds * 1000);
    onChange = () => {
      if (condition()) {
        onChange = () => {};
        clearTimeout(timer);
        resolve(true);
      }
    };
    onChange();
  });
}

const allReady = () => clients.every(({ ready }) => ready);

/** Cuts the connection of each client repeatedly, after intervals of half to one and a half of `every` seconds. */
async function cut({ every, away, seconds }) {
  const end = performance.now() + seconds * 1000;
  let cuts = 0;
  const cutOne = async (client) => {
    let wait = Math.random() * every;
    while (performance.now() + wait * 1000 < end) {
      await pause(wait * 1000);
      if (client.ready) {
        client.cut(away * 1000);
        cuts += 1;
      }
      wait = every * (0.5 + Math.random());
    }
  };
  await Promise.all(clients.map(cutOne));
  return cuts;
}

answerCommands({
  async connect({ clients: number, ...plan }) {
    const changed = () => onChange();
    clients = [];
    while (clients.length < number) {
      const count = Math.min(atOnce, number - clients.length);
      clients.push(...Array.from({ length: count }, () => new ReturningClient(plan, changed).open()));
      if (!(await until(allReady, 30))) {
        throw new Error("not all clients could connect");
      }
    }
  },
  begin(range) {
    for (const client of clients) {
      client.begin(range);
    }
  },
  mark() {
    markedAt = performance.now();
  },
  cut,
  allReady: ({ seconds }) => until(allReady, seconds),
  /** Waits until each client has lost its connection and is back. */
  allReturned: ({ seconds }) =>
    until(() => clients.every(({ ready, returnedAt }) => ready && returnedAt.length > 0), seconds),
  /** Waits until each client has received a number. */
  allReceived: ({ seconds }) => until(() => clients.every(({ received }) => received.includes(1)), seconds),
  /** @param {number} sent counts the first numbers only @returns {import("../delivery.mjs").Account} */
  account(sent) {
    const received = clients.map((client) =>
      client.received.subarray(0, sent).reduce((sum, one) => sum + one, 0),
    );
    const last = clients.map(({ returnedAt }) => returnedAt.at(-1));
    return {
      received: received.reduce((sum, count) => sum + count, 0),
      returns: clients.flatMap(({ returns }) => returns),
      replays: clients.flatMap(({ replays }) => replays),
      refused: clients.reduce((sum, client) => sum + client.refused, 0),
      notBack: clients.filter(({ ready }) => !ready).length,
      back: last.filter((time) => time !== undefined).map((time) => time - markedAt),
    };
  },
});
