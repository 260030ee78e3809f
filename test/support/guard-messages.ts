/** Records the messages that guards publish on the diagnostics channel "socket.io:guard" until the test ends. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";
import type { GuardMessage } from "../../lib/diagnostics";
import { onTestEnd } from "./cleanup";

/** The messages about all servers in this process. */
export function allGuardMessages(): GuardMessage[] {
  return recordMessages(() => true);
}

/** The messages that contain a namespace, a socket or a connection of this server. */
export function guardMessages(io: { engine: unknown }): GuardMessage[] {
  return recordMessages(
    ({ nsp, conn }: { nsp?: any; conn?: any }) => nsp?.server === io || (conn && conn.server === io.engine),
  );
}

/** The messages about requests to this server. */
export function refusalMessages({ port }: { port: number }): GuardMessage[] {
  return messagesAbout((detail) => (detail as IncomingMessage | undefined)?.socket?.localPort === port);
}

/** The messages whose `detail` passes a test. */
export function messagesAbout(isMeant: (detail: unknown) => boolean): GuardMessage[] {
  return recordMessages(({ detail }) => isMeant(detail));
}

function recordMessages(isMeant: (message: GuardMessage) => boolean): GuardMessage[] {
  const messages: GuardMessage[] = [];
  const record = (message: unknown) => {
    if (isMeant(message as GuardMessage)) {
      messages.push(message as GuardMessage);
    }
  };
  subscribe("socket.io:guard", record);
  onTestEnd(() => unsubscribe("socket.io:guard", record));
  return messages;
}
