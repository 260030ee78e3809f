/** Clients that connect, join and disconnect at once, one after the other. */
import { dialects } from "../wire/dialects.mjs";
import { Client } from "./client.mjs";
import { PollingVisit } from "./polling-visit.mjs";

/**
 * A slice ends early after this number of visits: each leaves a port behind that cannot be used for a while. Without free
 * ports, the benchmark would measure the client's operating system.
 */
const most = 2000;

/**
 * @param {import("./client.mjs").Target & { dialect: string, polling?: boolean, atOnce: number, seconds: number }} plan
 */
export function visits(plan) {
  const { atOnce, seconds, polling = false } = plan;
  const dialect = dialects[plan.dialect];
  const started = performance.now();
  let index = 0;
  let inside = 0;
  let messages = 0;
  return new Promise((resolve, reject) => {
    const visitor = (handlers) => {
      index += 1;
      inside += 1;
      return polling ? new PollingVisit(plan, handlers) : new Client(plan, dialect, handlers, { index });
    };
    const next = () => {
      const took = (performance.now() - started) / 1000;
      if (took < seconds && index < most) {
        visitor({ onReady, onLost: (_, reason) => reject(new Error(reason)), onMessages() {} }).open();
      } else if (inside === 0) {
        resolve({ messages, rate: messages / took });
      }
    };
    const onReady = (visit) => {
      visit.drop();
      inside -= 1;
      messages += 1;
      next();
    };
    for (let i = 0; i < atOnce; i++) {
      next();
    }
  });
}
