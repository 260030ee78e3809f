const { subscribe } = require("node:diagnostics_channel");

/** The number of lines of one kind in a second. Further events of that kind are counted. */
const LINES_PER_SECOND = 20;

/** The guards that have further channels, which are logged instead. */
const LOGGED_ELSEWHERE = new Set(["HANDLER_ERROR", "SLOW_CONSUMER"]);

/** The guards that refuse a connection: the engine emits "connection_error" too. */
const REFUSALS = new Set(["ORIGIN_FORBIDDEN", "CONNECTION_LIMIT", "ADDRESS_LIMIT", "HANDSHAKE_RATE"]);

/**
 * Logs one line for each event. Payloads, headers, queries, auth data and complete ids are secrets, and are not logged.
 */
module.exports = function logActivity(logger, io) {
  const allow = sampler(LINES_PER_SECOND);
  const write = (level, message, kind, members) => {
    const skipped = allow(`${message} ${kind}`);
    if (skipped !== undefined) {
      logger[level](skipped > 0 ? { ...members, skipped } : members, message);
    }
  };

  subscribe(
    "tracing:socket.io:connection:asyncStart",
    ({ namespace, socket, conn, outcome, recovered, error }) => {
      const members = { socket: short(socket?.id), nsp: clip(namespace), transport: conn.transport.name };
      if (outcome === "joined") {
        write("info", "joined", "", { ...members, recovered });
      } else if (outcome === "refused") {
        write("info", "refused", "", { ...members, error: clip(error?.message) });
      }
    },
  );

  subscribe("socket.io:disconnect", ({ socket, nsp, reason, description, transport, durationMs }) => {
    const code = description?.code;
    const seconds = Math.round(durationMs) / 1000;
    write("info", "disconnected", reason, { ...place(socket, nsp), reason, code, transport, seconds });
  });

  subscribe("socket.io:guard", ({ code, address, socket, nsp, detail }) => {
    if (!LOGGED_ELSEWHERE.has(code)) {
      write("warn", "guard", code, { code, address, ...place(socket, nsp), dropped: detail?.dropped });
    }
  });

  subscribe("socket.io:handler-error", ({ error, phase, event, socket, nsp }) => {
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    const members = { ...place(socket, nsp), phase, event: clip(event), err: { type: name, message, stack } };
    write("error", "handler failed", phase, members);
  });

  subscribe("socket.io:slow-consumer", ({ socket, nsp, action, bufferedBytes, dropped }) => {
    write("warn", "slow consumer", action, { ...place(socket, nsp), action, bufferedBytes, dropped });
  });

  io.engine.on("connection_error", ({ code, message, context }) => {
    // the code of a guard, whose report is logged above
    if (!REFUSALS.has(context?.name)) {
      write("info", "connection refused", code, { code, message, name: context?.name });
    }
  });
};

function place(socket, nsp) {
  return { socket: short(socket?.id), nsp: clip(nsp?.name) };
}

/** Enough of an id to find all lines about a client. */
function short(id) {
  return id && `${id.slice(0, 6)}…`;
}

/** Clients choose names. */
function clip(text) {
  return text && text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

/** Returns a function that returns how many events of this kind were skipped before, or undefined to skip this one too. */
function sampler(perSecond) {
  const kinds = new Map();
  return (kind) => {
    const second = Math.floor(Date.now() / 1000);
    const seen = kinds.get(kind);
    if (seen?.second !== second) {
      kinds.set(kind, { second, lines: 1, skipped: 0 });
      return seen?.skipped ?? 0;
    }
    if (seen.lines < perSecond) {
      seen.lines++;
      return 0;
    }
    seen.skipped++;
    return undefined;
  };
}
