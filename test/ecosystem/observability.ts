/** `npm run start:observed`: the chat with metrics, a real Prometheus, and the page in a real Chromium. */
import { existsSync } from "node:fs";
import expect from "expect.js";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type { Socket } from "socket.io-client";
import { startBrowser } from "../support/browser";
import { type Chat, failToStartChat, startChat } from "../support/chat-example";
import { onTestEnd } from "../support/cleanup";
import { nextEvent, nextValue } from "../support/waiting";
import { chromium } from "./support/chromium";
import { client } from "./support/hello";
import { ask, prometheusServer, query, succeeds } from "./support/prometheus";
import { tested } from "./support/tested";

const program = "../observability/server.js";
const token = "a token that only tests know";
const noProgram = "/nonexistent/prometheus";

interface Observed extends Chat {
  page: string;
  prometheus: string;
}

/** Starts the program, and waits until it has printed all addresses. */
async function start(env: NodeJS.ProcessEnv = {}): Promise<Observed> {
  const chat = await startChat({ METRICS_PORT: "0", OBSERVABILITY_TOKEN: token, ...env }, program);
  await succeeds(() => expect(chat.output()).to.match(/Prometheus is .+\n/));
  const address = (pattern: RegExp) => pattern.exec(chat.output())?.[1] ?? "";
  return {
    ...chat,
    page: address(/live at\n +(\S+)/),
    prometheus: address(/Prometheus is running at (\S+)/),
  };
}

/** Somebody in the chat. */
async function enterChat(url: string, nickname: string, transports = ["websocket"]): Promise<Socket> {
  const key = nickname.padEnd(24, "-").replace(/[^A-Za-z0-9_-]/g, "-");
  const socket = client(url, { transports, auth: { key, nickname, room: "lobby" } });
  const refused = nextValue<Error>(socket, "connect_error").then((error) => Promise.reject(error));
  await Promise.race([nextEvent(socket, "welcome"), refused]);
  return socket;
}

const say = (socket: Socket, text: string) =>
  socket.emitWithAck("message", { room: "lobby", text, nonce: `${Math.random()}`.slice(2).padEnd(16, "0") });

tested(
  {
    area: "Tools",
    name: "Prometheus: the example and its page",
    packages: ["@opentelemetry/exporter-prometheus", "@opentelemetry/sdk-metrics", "uplot"],
    programs: [prometheusServer, chromium],
    method:
      "The tests run [examples/observability](../examples/observability/), with its page in Chromium, and check its dashboard and alert rules.",
  },
  () => {
    let browser: Browser;
    let observed: Observed;
    const complaints: string[] = [];

    before(async function () {
      browser = await startBrowser(this);
      observed = await start();
    });

    after(async () => {
      await browser?.close();
      await observed?.stop();
    });

    afterEach(() => {
      expect(complaints.splice(0)).to.eql([]);
    });

    async function open(url: string, options: BrowserContextOptions = {}): Promise<Page> {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
      context.setDefaultTimeout(20_000);
      onTestEnd(() => context.close());
      const page = await context.newPage();
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
      await page.goto(url);
      return page;
    }

    const tile = (page: Page, name: string) =>
      page
        .locator(".tiles > div", { has: page.locator("dt", { hasText: name }) })
        .locator("dd")
        .first();
    const shownNumber = async (page: Page, name: string) =>
      Number.parseFloat(await tile(page, name).innerText());

    it("Prometheus scrapes the connections and the events of the chat", async () => {
      const ada = await enterChat(observed.url, "Ada");
      await enterChat(observed.url, "Bob", ["polling"]);
      expect((await say(ada, "hello")).ok).to.be(true);
      await succeeds(async () => {
        const connections = await query(
          observed.prometheus,
          'sum by (socketio_transport) (socketio_server_active_connections{job="socket.io"})',
        );
        const counts = Object.fromEntries(
          connections.map(({ metric, value }) => [metric.socketio_transport, value[1]]),
        );
        expect(counts).to.eql({ websocket: "1", polling: "1" });
        const [events] = await query(
          observed.prometheus,
          'socketio_server_events_total{network_io_direction="receive", socketio_event="message"}',
        );
        expect(events?.value[1]).to.be("1");
      });
    });

    it("Prometheus has loaded the alert rules, each of which is healthy", async () => {
      await succeeds(async () => {
        const { groups } = await ask(observed.prometheus, "rules");
        const health = groups.flatMap(({ rules }: any) => rules.map((rule: any) => rule.health));
        expect(health.length).to.be.greaterThan(10);
        expect(new Set(health)).to.eql(new Set(["ok"]));
      });
    });

    for (const [width, colorScheme] of [
      [1280, "light"],
      [390, "dark"],
    ] as const) {
      it(`the page shows the running server, ${width} pixels wide, ${colorScheme}`, async () => {
        const page = await open(`${observed.page}#token=${encodeURIComponent(token)}`, {
          viewport: { width, height: 800 },
          colorScheme,
        });
        await page.locator("#status", { hasText: "Live" }).waitFor();
        expect(page.url()).to.be(observed.page); // without the token
        await succeeds(async () => expect(await shownNumber(page, "Connections")).to.be(1));
        const ada = await enterChat(observed.url, "Ada");
        const talk = setInterval(() => ada.emit("typing", true), 50);
        onTestEnd(() => clearInterval(talk));
        await say(ada, "hello");
        await succeeds(async () => expect(await shownNumber(page, "Connections")).to.be(2));
        await succeeds(async () => expect(await shownNumber(page, "Events in")).to.be.greaterThan(0));
        const row = page.locator("#slowest tbody tr", { hasText: "message" });
        await row.waitFor();
        expect(await row.innerText()).to.match(/\d (µs|ms)\s.*\d (µs|ms)/);
        expect(await page.locator("figure canvas").count()).to.be(6);
        await page.locator("figure", { hasText: "Connections" }).getByText("WebSocket").waitFor();
        const sizes = await page.evaluate<any>(`({
          page: document.documentElement.scrollWidth,
          beyond: [...document.querySelectorAll("main *")]
            .filter((one) => one.getBoundingClientRect().right > innerWidth).length,
        })`);
        expect(sizes).to.eql({ page: width, beyond: 0 });
      });
    }

    it("is used with the keyboard: the token, the period, the pause, and the values in a plot", async () => {
      const page = await open(observed.page);
      await page.getByLabel("Token").waitFor();
      await page.keyboard.type(token); // the field has the focus
      await page.keyboard.press("Enter");
      await page.locator("#status", { hasText: "Live" }).waitFor();
      await succeeds(async () => expect(await shownNumber(page, "Connections")).to.be(1));

      await page.keyboard.press("Tab");
      await page.keyboard.press("ArrowLeft");
      expect(await page.getByLabel("1 min").isChecked()).to.be(true);
      await page.keyboard.press("Tab");
      await page.keyboard.press("Space");
      await page.locator("#status", { hasText: "Paused" }).waitFor();
      const figure = page.locator("figure").first();
      await page.keyboard.press("Tab");
      await page.keyboard.press("ArrowLeft");
      await succeeds(async () =>
        expect(await figure.locator(".when").innerText()).to.match(/^\d\d:\d\d:\d\d$/),
      );
      await page.keyboard.press("Escape");
      await succeeds(async () => expect(await figure.locator(".when").innerText()).to.be(""));
    });

    it("the page remembers the token for a reload, and asks again if it is wrong", async () => {
      const page = await open(`${observed.page}#token=${encodeURIComponent(token)}`);
      await page.locator("#status", { hasText: "Live" }).waitFor();
      await page.reload();
      await page.locator("#status", { hasText: "Live" }).waitFor();
      const other = await open(`${observed.page}#token=wrong`);
      await other.getByRole("alert").getByText("The token is wrong.").waitFor();
      expect(await other.locator("main").isVisible()).to.be(false);
      await other.goto(`${observed.page}#token=${encodeURIComponent(token)}`); // in the same document
      await other.locator("#status", { hasText: "Live" }).waitFor();
      complaints.splice(0); // Chromium reports the end of the transport
    });

    it("without the token, everybody is refused and receives nothing", async () => {
      const wrong = ["", "wrong", token.slice(1), `${token}x`, [token], { token }, 0, null, undefined, true];
      for (const given of wrong) {
        const stranger = client(`${observed.url}/observability`, { auth: { token: given } });
        const events: string[] = [];
        stranger.onAny((event) => events.push(event));
        expect((await nextValue<Error>(stranger, "connect_error")).message).to.be("The token is wrong.");
        expect(events).to.eql([]);
        stranger.disconnect();
      }
    });

    it("what it sends contains no text, no nickname, no id, no address and no token", async () => {
      const ada = await enterChat(observed.url, "Adalbert");
      await say(ada, "between you and me");
      const admin = client(`${observed.url}/observability`, { auth: { token }, transports: ["websocket"] });
      const received: unknown[] = [];
      admin.on("history", (history) => received.push(history));
      admin.on("sample", (sample, acknowledge) => {
        received.push(sample);
        acknowledge();
      });
      await succeeds(() => {
        expect(JSON.stringify(received)).to.contain('"event":"message"');
        expect(received.length).to.be.greaterThan(3);
      });
      const sent = JSON.stringify(received);
      for (const secret of [
        "between you",
        "Adalbert",
        ada.id!,
        ada.io.engine.id,
        "127.0.0.1",
        "::1",
        token,
      ]) {
        expect(sent).not.to.contain(secret);
      }
    });

    it("a client that does not acknowledge gets no further sample", async () => {
      const silent = client(`${observed.url}/observability`, { auth: { token }, transports: ["websocket"] });
      const honest = client(`${observed.url}/observability`, { auth: { token }, transports: ["websocket"] });
      let received = 0;
      silent.on("sample", () => received++);
      let acknowledged = 0;
      honest.on("sample", (_sample, acknowledge) => {
        acknowledged++;
        acknowledge();
      });
      await succeeds(() => expect(acknowledged).to.be.greaterThan(3));
      expect(received).to.be(1);
    });

    it("the metrics are served to this machine only, and nothing else is", async () => {
      const [, metrics] = /Metrics are at (\S+?),/.exec(observed.output()) ?? [];
      expect(new URL(metrics as string).hostname).to.be("127.0.0.1");
      expect((await fetch(metrics as string)).status).to.be(200);
      expect((await fetch(new URL("/", metrics))).status).to.be(404);
      expect((await fetch(metrics as string, { method: "POST" })).status).to.be(404);
      for (const path of ["../server.js", "..%2fserver.js", "package.json", "uPlot.iife.js"]) {
        expect((await fetch(new URL(`/observability/${path}`, observed.url))).status).to.be(404);
      }
    });

    it("without Prometheus it says so, and the page works alone; a token is made if none is given", async () => {
      const alone = await start({ PROMETHEUS: noProgram, OBSERVABILITY_TOKEN: "" });
      onTestEnd(() => alone.stop());
      expect(alone.output()).to.contain("Prometheus is not installed, so nothing stores the metrics");
      expect(alone.page).to.match(/\/observability\/#token=[\w-]{32}$/);
      const page = await open(alone.page);
      await page.locator("#status", { hasText: "Live" }).waitFor();
      await succeeds(async () => expect(await shownNumber(page, "Connections")).to.be(1));
    });

    it("a token that could be guessed is refused at the start", async () => {
      const ended = await failToStartChat(
        { PORT: "0", METRICS_PORT: "0", OBSERVABILITY_TOKEN: "short" },
        program,
      );
      expect(ended.code).to.be(1);
      expect(ended.output).to.contain("OBSERVABILITY_TOKEN must have at least 16 characters");
    });

    it("Prometheus and its data are gone when the program has ended", async () => {
      const other = await start();
      const { "storage.tsdb.path": data } = await ask(other.prometheus, "status/flags");
      expect(existsSync(data)).to.be(true);
      const { code } = await other.stop();
      expect(code).to.be(0);
      expect(existsSync(data)).to.be(false);
      const answer = await fetch(other.prometheus).then(
        () => "answers",
        () => "is gone",
      );
      expect(answer).to.be("is gone");
    });
  },
);
