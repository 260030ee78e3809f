/** The actions of the connected clients during a slice. */
import { setTimeout as pause } from "node:timers/promises";
import { Histogram } from "../statistics.mjs";
import { pace } from "./pace.mjs";

/** @typedef {import("./fleet.mjs").Fleet} Fleet */

/**
 * The clients send to their rooms in turn. At most `window` messages per client are on their way, so that the load does not
 * exceed what the server can process.
 *
 * @param {Fleet} fleet
 */
export async function chat(fleet, { rate, seconds, window, receivers }) {
  const frames = fleet.frames("chat");
  const { clients } = fleet;
  const before = fleet.received;
  const most = window * clients.length;
  let sent = 0;
  const took = await pace({ rate, seconds }, (due) => {
    fleet.check();
    const onTheirWay = sent - (fleet.received - before) / receivers;
    for (let count = Math.min(due, most - onTheirWay); count >= 1; count--) {
      clients[sent++ % clients.length].socket.write(frames.next());
    }
  });
  await fleet.until(() => fleet.received - before >= sent * receivers);
  return { messages: fleet.received - before, offered: rate * receivers, rate: (sent * receivers) / took };
}

/** Each client has a number of messages with pending acknowledgements, and sends another one for each answer. */
export async function asks(fleet, { outstanding, seconds }) {
  const frames = fleet.frames("ask");
  const before = fleet.received;
  const started = performance.now();
  let sent = 0;
  let over = false;
  const send = (client, count) => {
    sent += count;
    // one write each, as clients do that emit one event after the other
    for (let i = 0; i < count; i++) {
      client.socket.write(frames.next());
    }
  };
  fleet.onMessages = (client, answers) => {
    if (!over) {
      send(client, answers);
    }
  };
  for (const client of fleet.clients) {
    send(client, outstanding);
  }
  await pause(seconds * 1000);
  over = true;
  const took = (performance.now() - started) / 1000;
  await fleet.until(() => fleet.received - before >= sent);
  fleet.onMessages = undefined;
  return { messages: sent, rate: sent / took };
}

/** The clients send in turn, whether the server keeps up or not; delays of the server count in full. */
export async function echoes(fleet, { rate, seconds }) {
  const frames = fleet.frames("echo");
  const { clients } = fleet;
  const before = fleet.received;
  const histogram = new Histogram();
  /** The times at which each client has sent the messages that have not come back. */
  const sentAt = new Map(clients.map((client) => [client, []]));
  let sent = 0;
  fleet.onMessages = (client, answers) => {
    const now = performance.now();
    const queue = sentAt.get(client);
    for (let i = 0; i < answers; i++) {
      histogram.add((now - queue.shift()) * 1000);
    }
  };
  const took = await pace({ rate, seconds }, (count) => {
    for (let i = 0; i < count; i++) {
      const client = clients[sent++ % clients.length];
      sentAt.get(client).push(performance.now());
      client.socket.write(frames.next());
    }
  });
  await fleet.until(() => fleet.received - before >= sent);
  fleet.onMessages = undefined;
  const [p50, p99] = [0.5, 0.99].map((share) => histogram.quantile(share));
  return { messages: sent, offered: rate, rate: sent / took, p50, p99 };
}
