/** The dashboard and the alert rules of examples/observability, with a real Prometheus and a server under load. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import expect from "expect.js";
import type { Server, Socket } from "socket.io";
import type { Socket as Client } from "socket.io-client";
import { WebSocket } from "ws";
import { metricCatalogue } from "../../lib/opentelemetry/metric-catalogue";
import { root } from "../support/repository";
import { nextEvent } from "../support/waiting";
import { client } from "./support/hello";
import { findProgram } from "./support/programs";
import { ask, prometheusServer, query, succeeds } from "./support/prometheus";
import { serve } from "./support/served";
import { tested } from "./support/tested";

const folder = join(root, "examples/observability");
const { Metrics } = require(join(folder, "metrics.js"));
const { startPrometheus } = require(join(folder, "prometheus.js"));
const dashboard = JSON.parse(readFileSync(join(folder, "grafana-dashboard.json"), "utf8"));

/** The panels with queries, without the headings. */
const panels: any[] = dashboard.panels.filter(({ type }: any) => type !== "row");

/** The present value of an expression, with the variables of Grafana, and with windows that fit a short test. */
const plain = (expression: string) =>
  expression
    .replaceAll("$instance", ".+")
    .replaceAll(/\[(\$__rate_interval|\$__range|\d+m)\]/g, "[20s]")
    .replaceAll(/ offset \d+m/g, "");

/** An alert that fires at any value: what remains is whether its metrics and labels exist. */
const atOnce = (expression: string) =>
  plain(expression)
    .replaceAll(/[<>] 0\.5 \* /g, ">= 0 * ")
    .replaceAll(/[<>] [\d.e]+/g, ">= 0")
    .replaceAll("== 0", ">= 0");

/** The names of metrics as the exporter writes them: a counter ends with "_total", a histogram has three series. */
const exported = new Set(
  Object.entries(metricCatalogue).flatMap(([name, { kind }]) => {
    const base = name.replaceAll(".", "_");
    return kind === "histogram"
      ? ["bucket", "count", "sum"].map((part) => `${base}_${part}`)
      : [kind === "observed counter" ? `${base}_total` : base];
  }),
);

const metricsIn = (expression: string): string[] => expression.match(/\bsocketio_server_\w+/g) ?? [];

tested(
  {
    area: "Tools",
    name: "Prometheus: dashboard and alerts",
    packages: ["@opentelemetry/exporter-prometheus"],
    programs: [prometheusServer],
  },
  () => {
    it("promtool accepts the alert rules", () => {
      expect(promtool("check", "rules", "alerts.yml")).to.match(/SUCCESS: \d+ rules found/);
    });

    it("promtool's tests of the alert rules pass", () => {
      expect(promtool("test", "rules", "alerts.test.yml")).to.contain("SUCCESS");
    });

    it("the dashboard has the form of an export of Grafana", () => {
      expect(dashboard.uid).to.match(/^[\w-]{1,40}$/);
      expect(dashboard.id).to.be(null); // Grafana gives it one
      expect(dashboard.schemaVersion).to.be.greaterThan(35);
      expect(dashboard.templating.list.map(({ name }: any) => name)).to.eql(["datasource", "instance"]);
      const ids = dashboard.panels.map(({ id }: any) => id);
      expect(new Set(ids).size).to.be(ids.length);
      for (const { title, type, description, datasource, targets, fieldConfig } of panels) {
        expect(title).to.be.a("string");
        expect(description).to.match(/\.$/);
        expect(["timeseries", "stat", "table"]).to.contain(type);
        expect(datasource).to.eql({ type: "prometheus", uid: "$".concat("{datasource}") });
        expect(fieldConfig.defaults.unit).to.be.a("string");
        const refIds = targets.map(({ refId }: any) => refId);
        expect(new Set(refIds).size).to.be(refIds.length);
      }
    });

    it("no panel covers another one, and none is wider than the dashboard", () => {
      const taken = new Set<string>();
      for (const { title, gridPos } of dashboard.panels) {
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
            expect(x < 24 && !taken.has(`${x} ${y}`) ? title : `${title} covers a panel`).to.be(title);
            taken.add(`${x} ${y}`);
          }
        }
      }
    });

    it("the dashboard shows each metric of the library, and no other", () => {
      const shown = panels.flatMap(({ targets }) => targets.flatMap(({ expr }: any) => metricsIn(expr)));
      expect(shown.filter((name) => !exported.has(name))).to.eql([]);
      const missing = Object.keys(metricCatalogue).filter((name) => {
        const base = name.replaceAll(".", "_");
        return !shown.some((one) => [base, `${base}_total`].includes(one) || one.startsWith(`${base}_`));
      });
      expect(missing).to.eql([]);
    });

    describe("with a server under load", () => {
      let url: string;
      let stop: () => Promise<void>;

      before(async () => {
        const metrics = new Metrics();
        const target = await metrics.serve(0);
        const prometheus = await startPrometheus({ target, scrapeInterval: "500ms" });
        url = prometheus.url;
        stop = async () => {
          await Promise.all([prometheus.stop(), metrics.close()]);
        };
      });

      after(() => stop?.());

      it("each expression of the dashboard and of the alert rules is accepted, and has series", async () => {
        const load = await startLoad();
        const rules = (await succeedsWith(() => loadedRules(url))) as { name: string; query: string }[];
        const expressions = new Map<string, string>([
          ...panels.flatMap(({ title, targets }) =>
            targets.map(({ refId, expr }: any) => [`${title} ${refId}`, plain(expr)] as const),
          ),
          ...rules.map(({ name, query }) => [name, atOnce(query)] as const),
        ]);
        const empty = new Set(expressions.keys());
        // a query that Prometheus does not accept fails the test
        for (const [name, expression] of expressions) {
          await query(url, expression).catch((error) => expect().fail(`${name}: ${error.message}`));
        }
        const report = setTimeout(() => console.log("without series:", [...empty]), 90_000);
        try {
          while (empty.size > 0) {
            await load.step();
            for (const name of empty) {
              if ((await query(url, expressions.get(name)!)).length > 0) {
                empty.delete(name);
              }
            }
          }
        } finally {
          clearTimeout(report);
          load.end();
        }
      });
    });
  },
);

function promtool(...args: string[]): string {
  const path = findProgram({ ...prometheusServer, name: "promtool" }) as string;
  return execFileSync(path, args, { cwd: folder, encoding: "utf8" });
}

async function loadedRules(url: string): Promise<any[]> {
  const { groups } = await ask(url, "rules");
  const rules = groups.flatMap((group: any) => group.rules);
  expect(rules.length).to.be.greaterThan(0);
  return rules;
}

async function succeedsWith<Value>(work: () => Promise<Value>): Promise<Value | undefined> {
  let value: Value | undefined;
  await succeeds(async () => {
    value = await work();
  });
  return value;
}

/** A server, and clients that do all that the metrics count, good and bad. */
async function startLoad() {
  const { io, url } = await serve({
    pingInterval: 500,
    pingTimeout: 2000,
    connectionStateRecovery: {},
    limits: { eventsPerSecond: 200, burst: 1, policy: "drop" },
    slowConsumer: { maxBufferedBytes: 100_000, policy: "drop-oldest" },
    onHandlerError() {},
  });
  handle(io);
  const raw: WebSocket[] = [];
  const open = (packet: string) => {
    const ws = new WebSocket(`${url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`);
    raw.push(ws.on("error", () => {}).on("open", () => ws.send(packet)));
  };
  open("40"); // none of these answers pings
  return {
    async step() {
      open('40{"pid":"unknown","offset":"unknown"}');
      open("40/refused,");
      await work(url, io);
      await visit(url);
      await returnAfterCut(url, io);
      await readNothing(url, io);
    },
    end() {
      for (const ws of raw) {
        ws.terminate();
      }
    },
  };
}

function handle(io: Server): void {
  io.on("connection", (socket) => {
    socket.on("work", () => Promise.resolve());
    socket.on("flood", () => {});
    socket.on("fail", () => {
      throw new TypeError("on purpose");
    });
  });
  io.of("/refused").use((_socket, next) => next(new Error("refused")));
}

/** Sends and answers events, and sends too many of them. */
async function work(url: string, io: Server): Promise<void> {
  const busy = client(url, { transports: ["websocket"] });
  busy.on("question", (answer: () => void) => answer());
  await nextEvent(busy, "connect");
  const near = io.sockets.sockets.get(busy.id!) as Socket;
  busy.emit("work");
  busy.emit("fail");
  near.timeout(10).emit("unheard", () => {});
  io.emit("news");
  await io.fetchSockets();
  await new Promise<void>((resolve) => near.emit("question", resolve));
  for (let i = 0; i < 500; i++) {
    busy.emit("flood");
  }
  await new Promise<void>((resolve) => near.emit("question", resolve));
  busy.disconnect();
}

/** Connects over long-polling, upgrades, and leaves. */
async function visit(url: string): Promise<void> {
  const visitor = client(url);
  await nextEvent(visitor, "connect");
  if (visitor.io.engine.transport.name !== "websocket") {
    await nextEvent(visitor.io.engine as any, "upgrade");
  }
  visitor.disconnect();
}

/** Loses the connection after an event, and comes back with the session. */
async function returnAfterCut(url: string, io: Server): Promise<void> {
  const absent: Client = client(url, {
    transports: ["websocket"],
    reconnection: true,
    reconnectionDelay: 10,
  });
  await nextEvent(absent, "connect");
  const news = nextEvent(absent, "news");
  io.emit("news");
  await news;
  const back = nextEvent(absent, "connect");
  absent.io.engine.close();
  await back;
  absent.disconnect();
}

/** Does not read until events are dropped for this client. */
async function readNothing(url: string, io: Server): Promise<void> {
  const deaf = client(url, { transports: ["websocket"] });
  await nextEvent(deaf, "connect");
  const socket = io.sockets.sockets.get(deaf.id!);
  (deaf.io.engine.transport as any).ws._socket?.pause();
  const data = "x".repeat(90_000);
  for (let i = 0; i < 200 && socket?.connected; i++) {
    socket.emit("filling", data);
  }
  deaf.disconnect();
}
