/** What the guards tell on their diagnostics channel, of one server: the others in this process are left out. */
import { channel } from "node:diagnostics_channel";
import type { GuardMessage } from "../../lib/diagnostics";
import { onTestEnd } from "./cleanup";

/** The messages about this server from now on, as far as they name a namespace, a socket or a connection of it. */
export function guardMessages(io: { engine: unknown }): GuardMessage[] {
  const messages: GuardMessage[] = [];
  const hear = (message: unknown) => {
    const told = message as GuardMessage & { nsp?: any; conn?: any };
    if (told.nsp?.server === io || (told.conn && told.conn.server === io.engine)) {
      messages.push(told);
    }
  };
  const guards = channel("socket.io:guard");
  guards.subscribe(hear);
  onTestEnd(() => guards.unsubscribe(hear));
  return messages;
}
