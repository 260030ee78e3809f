/** An adapter that records the calls of the library. */
import { Adapter } from "socket.io-adapter";
import type { ServerOptions } from "../../lib";

/** The members of an adapter that the library calls. */
const methods = [
  "init",
  "close",
  "serverCount",
  "addAll",
  "del",
  "delAll",
  "broadcast",
  "broadcastWithAck",
  "sockets",
  "socketRooms",
  "fetchSockets",
  "addSockets",
  "delSockets",
  "disconnectSockets",
  "serverSideEmit",
  "persistSession",
  "restoreSession",
] as const;

export type AdapterMethod = (typeof methods)[number];

export interface AdapterCall {
  method: AdapterMethod;
  args: any[];
}

/** An in-memory adapter, and the list of its calls. */
export function recordingAdapter(): { adapter: ServerOptions["adapter"]; calls: AdapterCall[] } {
  const calls: AdapterCall[] = [];
  class RecordingAdapter extends Adapter {}
  for (const method of methods) {
    const inherited = Adapter.prototype[method] as (...args: any[]) => any;
    Object.defineProperty(RecordingAdapter.prototype, method, {
      value(this: Adapter, ...args: any[]) {
        calls.push({ method, args });
        return inherited.apply(this, args);
      },
    });
  }
  return { adapter: RecordingAdapter, calls };
}

/** The arguments of the calls of one method. */
export function callsOf(calls: AdapterCall[], method: AdapterMethod): any[][] {
  return calls.filter((call) => call.method === method).map(({ args }) => args);
}
