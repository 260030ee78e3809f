/** Makes the tables of docs/diagnostics.md from lib/: all channels, and the members of each message. */

/** The meaning of members that need no comment in lib/diagnostics/messages.ts. */
const OBVIOUS = {
  server: "The server.",
  nsp: "The namespace.",
  socket: "The socket.",
  conn: "The Engine.IO connection. `conn.id` is a secret.",
  event: "The name of the event.",
  volatile: "Whether the event may be dropped.",
  compress: "Whether the event may be compressed.",
  reason: "The reason, as in the event `disconnect`.",
  from: "The earlier transport.",
  to: "The new transport.",
  direction: '`"in"`: from the client. `"out"`: to the client.',
};

/** Returns the table of the channels of one kind, from lib/diagnostics/channels.ts. */
export function channelTable(text, kind) {
  const entry = new RegExp(`${kind}\\(\\s*"([^"]+)",\\s*"([^"]+)",\\s*"([^"]+)",?\\s*\\)`, "g");
  const rows = [...text.matchAll(entry)].map(
    ([, name, since, about]) => `| [\`${name}\`](#${name.replace(/[.:]/g, "")}) | ${about} | ${since} |`,
  );
  const title = kind === "tracing" ? "The operation" : "Published when";
  return [`| Channel | ${title} | Added in |`, "| --- | --- | --- |", ...rows].join("\n");
}

/** Returns the table of the members of one interface, from lib/diagnostics/messages.ts. */
export function messageTable(text, name) {
  const [, body] =
    new RegExp(`^export interface ${name}(?: extends \\w+)? \\{\\n([\\s\\S]*?)^\\}`, "m").exec(text) ?? [];
  if (body === undefined) {
    return `there is no interface ${name}`;
  }
  const members = body.matchAll(/(?: {2}\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\n)? {2}(\w+)(\??): (.*);$/gm);
  const rows = [...members].map(([, comment, member, optional, type]) => {
    const meaning = comment === undefined ? (OBVIOUS[member] ?? "") : sentenceOf(comment);
    return `| \`${member}\`${optional && " (optional)"} | \`${type.replaceAll("|", "\\|")}\` | ${meaning} |`;
  });
  return ["| Member | Type | Meaning |", "| --- | --- | --- |", ...rows].join("\n");
}

function sentenceOf(comment) {
  return comment
    .replace(/\s*\n\s*\*?\s*/g, " ")
    .replace(/\{@link (\w+)\}/g, "`$1`")
    .trim();
}
