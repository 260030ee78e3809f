/** The descriptions of pages whose first paragraph does not describe them, for llms.txt and for search engines. */

/** In characters. */
const longest = 200;

const descriptions = {
  "index.md": "What the library is, how to install it, a first server and client, and all pages by task.",
  "readme.md#install":
    "Installs the package with npm, pnpm or Yarn, also if another package installs the reference server.",
  "readme.md#maturity": "What the tests cover, and what has not been proven in production.",
  "readme.md":
    "The README: what is added to the reference server, installation, a first app, pages by task, maturity.",
  "starting.md":
    "Programs that start a server with node:http, HTTPS, a port, Express, Koa, Fastify or µWebSockets.js, and how a page loads the client.",
  "acknowledgements.md":
    "How to ask one client, many clients or other servers for an answer, with a time limit or a signal.",
  "guides/authentication.md":
    "How to accept or refuse clients with tokens, JSON Web Tokens, sessions, Passport and cookies, and what to do when a token expires.",
  "guides/files.md":
    "How to send files and binary data: small and large files, limits, progress, other encodings.",
  "guides/delivery.md":
    "Which events arrive, in which order, how a client gets missed events, and why a session is not recovered.",
  "guides/typescript.md": "How to type the events, answers and data of the server and the client.",
  "guides/frameworks.md": "How to use the server with Next.js, Vite, NestJS, Hono, Bun and Deno.",
  "scaling.md":
    "How many clients one process serves, and programs for several processes: node:cluster, Redis, PM2, sticky sessions, emitters.",
  "shutdown.md":
    "How to close the server at once or in batches, with Kubernetes, and how to replace a process on one port.",
  "observability.md":
    "How to record spans and metrics with OpenTelemetry, and to have Prometheus scrape them.",
  "debugging.md": "The variable DEBUG, logs for production, and what to do if memory grows.",
  "troubleshooting.md":
    "Tables of symptoms: what the client and the server report, the cause, and what to do. Also by the status of xhr poll error.",
  "security.md":
    "A checklist for a public server, its threat model, which attacks are bounded by default, and the known advisories.",
  "options.md": "All options of the server with types, units and defaults.",
  "errors.md":
    "All errors, codes, reasons of disconnections and process warnings; also which values JSON cannot hold.",
  "limits/public-server.md":
    'The values of the preset limits: "public", with their reasons, and what they cost.',
  "limits/recovery.md":
    "Which clients are recovered, how many events and sessions are kept, and which are removed first.",
  "behaviour.md": "For contributors: the observable behaviour of the reference server, row by row.",
  "security-policy.md": "How to report a vulnerability.",
  "limits/connections.md":
    "Limits for connections, addresses, handshakes and origins, behind a proxy too, and how connections are closed.",
  "limits/messages.md": "Limits for events, bytes, packets, attachments and auth data.",
  "limits/namespaces.md":
    "Limits for namespaces and rooms, and what happens while a client joins a namespace.",
  "limits/slow-readers.md": "How to limit and watch the data that is buffered for clients that do not read.",
  "limits/answers.md": "How the wait for an acknowledgement ends if a client leaves or does not answer.",
  "migration.md":
    "How to replace the reference server with this package, all deliberate differences, and steps from versions 3 and 2.",
  "compare.md": "A comparison with other libraries, servers and services for events in both directions.",
  "performance.md": "What messages and connections cost, why, and what an application can do about it.",
  "benchmark/results.md": "The measured CPU time and memory of this server and of the reference server.",
  "api/types.md": "The types that the package exports.",
};

/**
 * @param {string} page the path on the site, with an anchor if only a section is meant
 * @param {string} text
 */
export function descriptionOf(page, text) {
  return descriptions[page] ?? firstParagraphOf(text);
}

/** The first sentences, as many as fit into a line of a list, as plain text. */
function firstParagraphOf(text) {
  const paragraph = text.split(/\n{2,}/).find((part) => /^[A-Za-z`*[](?!``)/.test(part)) ?? "";
  const plain = paragraph
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/[`*]/g, "")
    .replace(/\s+/g, " ")
    .trim();
  const [first = "", ...others] = plain.split(/(?<=[.!?])\s+(?=["A-Z])/);
  let fitting = first;
  for (const sentence of others) {
    if (fitting.length + sentence.length > longest) {
      break;
    }
    fitting += ` ${sentence}`;
  }
  return fitting;
}
