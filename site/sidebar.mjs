/** The sidebar: the pages by task. An entry appears when its page exists. */

/** Each group has a title and its entries: the title of the entry, and its page. */
const groups = [
  [
    "Start",
    ["What it is", "index"],
    ["Tutorial: a chat in ten steps", "guides/chat"],
    ["Start a server", "starting"],
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
    ["Files and binary data", "guides/files"],
    ["Recovery and delivery", "guides/delivery"],
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
    ["Security", "security"],
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
  [
    "Look up",
    ["Options", "options"],
    ["Limits", "limits"],
    ["Errors and warnings", "errors"],
    ["Diagnostics", "diagnostics"],
  ],
  [
    "Migrate and compare",
    ["From the reference server, 3 and 2", "migration"],
    ["From Socket.IO 0.x", "legacy"],
    ["Compare", "compare"],
    ["Performance", "performance"],
    ["Results of the benchmark", "benchmark/results"],
    ["Changelog", "changelog"],
  ],
  ["Inside", ["Architecture", "architecture"], ["Behaviour", "behaviour"], ["Contributing", "contributing"]],
];

/** The sidebar of a site with these pages, as VitePress takes it. */
export function sidebarOf(pages) {
  return groups
    .map(([text, ...entries]) => ({
      text,
      items: entries
        .filter(([, page]) => pages.has(`${page}.md`))
        .map(([title, page]) => ({ text: title, link: `/${page.replace(/(^|\/)index$/, "$1")}` })),
    }))
    .filter(({ items }) => items.length > 0);
}
