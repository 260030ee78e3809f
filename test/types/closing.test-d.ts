/** Closing a server, and errors of handlers: not in the reference server. */
import { createServer } from "node:http";
import { type CloseOptions, type CloseReport, type HandlerErrorContext, Server } from "socket.io";
import { typeOf } from "./exact";

const io = new Server(createServer(), {
  ackOnDisconnect: "reject",
  onHandlerError(error, context) {
    typeOf(error).is<unknown>();
    typeOf(context).is<HandlerErrorContext>();
  },
});

const options: CloseOptions = { closeHttpServer: false, drain: { batchSize: 10 } };
typeOf(io.close(options)).is<Promise<CloseReport>>();
typeOf(io.close({ drain: true })).is<Promise<CloseReport>>();
typeOf(io.close()).is<Promise<void>>();
typeOf(io.close(() => {})).is<Promise<void>>();
io.close({ drain: { timeoutMs: 1_000, intervalMs: 10 } }).then((report) => {
  const { disconnected, cut, pendingAcks, destroyed, adapters } = report;
  typeOf(disconnected + cut + pendingAcks + destroyed).is<number>();
  typeOf(adapters).is<string[]>();
});

// @ts-expect-error a misspelt option
io.close({ drains: true });
// @ts-expect-error a number of milliseconds
io.close({ drain: { timeoutMs: "1s" } });
