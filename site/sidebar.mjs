/** The sidebar: the pages by task. An entry appears when its page exists. */

/** Each group has a title and its entries: the title of the entry, and its page, with an anchor if a section is meant. */
const groups = [
  [
    "Start",
    ["What it is", "index"],
    ["Install", "readme#install"],
    ["Start a server", "starting"],
    ["Tutorial", "tutorial"],
    ["Chat in ten steps", "guides/chat"],
    ["Questions", "questions"],
    ["Examples", "examples/index"],
  ],
  [
    "Guides",
    ["Sending and rooms", "guides/rooms"],
    ["Emit cheat sheet", "emit-cheatsheet"],
    ["Acknowledgements", "acknowledgements"],
    ["Authentication", "guides/authentication"],
    ["Validation with contracts", "contracts"],
    ["Errors in handlers", "guides/errors"],
    ["Files and binary data", "guides/files"],
    ["Delivery and recovery", "guides/delivery"],
    ["Presence", "guides/presence"],
    ["Testing", "testing"],
    ["TypeScript", "guides/typescript"],
    ["Server-sent events", "server-sent-events"],
    ["Scaling", "scaling"],
    ["Deployment", "guides/deployment"],
    ["Graceful shutdown", "shutdown"],
    ["Observability", "observability"],
    ["Debugging", "debugging"],
    ["Troubleshooting", "troubleshooting"],
  ],
  [
    "Protect the server",
    ["Security", "security"],
    ["Limits: overview", "limits"],
    ["A public server", "limits/public-server"],
    ["Who may connect", "limits/connections"],
    ["What a client may send", "limits/messages"],
    ["Namespaces and rooms", "limits/namespaces"],
    ["Slow readers", "limits/slow-readers"],
    ["Answers that never come", "limits/answers"],
    ["Memory of recovery", "limits/recovery"],
    ["Reports of guards", "limits/reports"],
    ["Measured: connections that are cut", "limits/cut-connections"],
    ["Measured: misuse", "limits/comparison"],
  ],
  [
    "With",
    ["Next.js, Vite, NestJS and others", "guides/frameworks"],
    ["Tested adapters, clients, tools", "ecosystem"],
    ["Own adapters", "adapters"],
  ],
  [
    "API",
    ["Overview", "api/index"],
    ["Server", "api/server"],
    ["Namespace", "api/namespace"],
    ["Socket", "api/socket"],
    ["BroadcastOperator", "api/broadcastoperator"],
    ["RemoteSocket", "api/remotesocket"],
    ["Types of socket.io", "api/types"],
    ["socket.io/contract", "api/contract"],
    ["socket.io/contract/asyncapi", "api/contract-asyncapi"],
    ["socket.io/server-sent-events", "api/server-sent-events"],
    ["socket.io/testing", "api/testing"],
    ["socket.io/opentelemetry", "api/opentelemetry"],
    ["socket.io/legacy", "api/legacy"],
  ],
  ["Look up", ["Options", "options"], ["Errors and warnings", "errors"], ["Diagnostics", "diagnostics"]],
  [
    "Migrate and compare",
    ["From the reference server, 3 and 2", "migration"],
    ["From Socket.IO 0.x", "legacy"],
    ["Compare", "compare"],
    ["Maturity", "readme#maturity"],
    ["Performance", "performance"],
    ["Results of the benchmark", "benchmark/results"],
    ["Changelog", "changelog"],
  ],
  [
    "Inside",
    ["Architecture", "architecture"],
    ["Behaviour", "behaviour"],
    ["Contributing", "contributing"],
    ["Report a vulnerability", "security-policy"],
  ],
];

/** The sidebar of a site with these pages, as VitePress takes it. */
export function sidebarOf(pages) {
  return groups
    .map(([text, ...entries]) => ({
      text,
      items: entries
        .filter(([, page]) => pages.has(`${page.split("#")[0]}.md`))
        .map(([title, page]) => ({ text: title, link: `/${page.replace(/(^|\/)index$/, "$1")}` })),
    }))
    .filter(({ items }) => items.length > 0);
}
