/**
 * Makes the screenshots that README.md and other pages show, in Chromium:
 *
 *   npm run screenshots                                  writes all of them
 *   npm run screenshots -- docs/chat.png                 writes the named ones
 *   npm run screenshots -- --to <folder> [<name> ...]    writes them below this folder, and not below the repository
 *   npm run screenshots -- --list                        prints their names
 *
 * The people, the texts, the times and the figures are always the same; the fonts are those of the machine.
 */
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { launchChromium } from "../test/support/browser.ts";
import { nextEvent } from "../test/support/waiting.ts";
import { smallPng } from "./small-png.mjs";

const require = createRequire(import.meta.url);
const { Server } = require("socket.io");
const { io: connect } = require("socket.io-client");
const { chat } = require("../examples/chat/chat");
const { History } = require("../examples/chat/history");
const { serverOptions } = require("../examples/chat/settings");
const { serveStatic } = require("../examples/chat/static");
const { credentials } = require("../examples/chat/validate");
const { serveFiles } = require("../examples/observability/page");

const wide = { width: 1280, height: 720 };
const narrow = { width: 390, height: 780 };

const screenshots = [
  { file: "docs/chat.png", open: openChat, viewport: wide, colorScheme: "light" },
  { file: "examples/chat/dark.png", open: openChat, viewport: wide, colorScheme: "dark" },
  { file: "examples/chat/phone.png", open: openChat, viewport: narrow, colorScheme: "light" },
  { file: "examples/chat/phone-dark.png", open: openChat, viewport: narrow, colorScheme: "dark" },
  { file: "examples/observability/page.png", open: openLivePage, viewport: wide, colorScheme: "light" },
  { file: "examples/observability/dark.png", open: openLivePage, viewport: wide, colorScheme: "dark" },
  { file: "examples/observability/phone.png", open: openLivePage, viewport: narrow, colorScheme: "light" },
  {
    file: "examples/observability/phone-dark.png",
    open: openLivePage,
    viewport: narrow,
    colorScheme: "dark",
  },
];

/** Screenshots are loaded with a page, and are stored in each version of the repository. */
const largest = 60_000;

const now = Date.UTC(2026, 5, 15, 9, 44);
const room = "design";
const conversation = [
  [-6, "Grace", "Has anyone tried the new build on a phone?"],
  [-5, "Ada", "Yes, on the train, with two tunnels on the way."],
  [-4, "Linus", "Did anything get lost?"],
  [-3, "Ada", "No. Behind each tunnel, it said: “You are back. You missed 2 messages.”"],
  [0, "Grace", "Then let us release it."],
];

/** What the live page shows in its tables. */
const tables = {
  errors: 2,
  guards: { EVENT_RATE: 14, PAYLOAD_TOO_DEEP: 1 },
  slowest: [
    { namespace: "/", event: "image", calls: 42, p50: 0.0031, p99: 0.0274 },
    { namespace: "/", event: "room", calls: 118, p50: 0.0009, p99: 0.0068 },
    { namespace: "/", event: "message", calls: 2_406, p50: 0.0004, p99: 0.0021 },
    { namespace: "/", event: "typing", calls: 6_950, p50: 0.00008, p99: 0.0003 },
  ],
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    list: { type: "boolean" },
    to: { type: "string", default: dirname(dirname(fileURLToPath(import.meta.url))) },
  },
});
const unknown = positionals.filter((name) => !screenshots.some(({ file }) => file === name));
if (unknown.length > 0) {
  throw new Error(`There is no screenshot ${unknown.join(", ")}: --list prints all names`);
}
const wanted = screenshots.filter(({ file }) => positionals.length === 0 || positionals.includes(file));
if (values.list) {
  console.log(wanted.map(({ file }) => file).join("\n"));
} else {
  await takeAll(values.to);
}

async function takeAll(target) {
  const browser = await launchChromium();
  try {
    for (const { file, open, ...look } of wanted) {
      const path = join(target, file);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, smallPng(await take(browser, open, look)));
      const { size } = statSync(path);
      console.log(`${file}: ${Math.round(size / 1000)} kB`);
      if (size > largest) {
        throw new Error(`${file} has more than ${largest / 1000} kB`);
      }
    }
  } finally {
    await browser.close();
  }
}

/** Starts a server with no other clients, opens its page, and returns the screenshot. */
async function take(browser, open, look) {
  const httpServer = createServer((req, res) => serveFiles(req, res) || serveStatic(req, res));
  const io = new Server(httpServer, serverOptions);
  const context = await browser.newContext({ ...look, locale: "en-GB", timezoneId: "UTC" });
  try {
    httpServer.listen(0);
    await nextEvent(httpServer, "listening");
    const page = await context.newPage();
    await page.clock.setFixedTime(now);
    await open(page, io, `http://localhost:${httpServer.address().port}`);
    // plots are drawn in the next frame
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))");
    return await page.screenshot({ animations: "disabled" });
  } finally {
    await context.close();
    await io.close();
  }
}

/** The page of Ada, with two other people in the room, one of whom is typing. */
async function openChat(page, io, url) {
  chat(io, { history: conversationOf(room) });
  const others = ["Linus", "Grace"].map((nickname) =>
    connect(url, { auth: authOf(nickname), forceNew: true, reconnection: false }),
  );
  await Promise.all(others.map((socket) => nextEvent(socket, "welcome")));
  await page.addInitScript(
    ([key, nickname]) => {
      sessionStorage.setItem("chat.key", JSON.stringify(key));
      localStorage.setItem("chat.nickname", JSON.stringify(nickname));
    },
    [authOf("Ada").key, "Ada"],
  );
  await page.goto(`${url}/#${room}`);
  await page.getByText("Then let us release it.").waitFor();
  await page.locator("#people .row").nth(2).waitFor({ state: "attached" });
  others[1].emit("typing", true);
  await page.getByText("Grace is typing").waitFor();
}

/** The key determines the colour of the avatar. */
function authOf(nickname) {
  return { key: `the session of ${nickname}`, nickname, room };
}

function conversationOf(name) {
  const history = new History();
  for (const [index, [minute, nickname, text]] of conversation.entries()) {
    const { id } = credentials(authOf(nickname));
    const nonce = `message-${index}`;
    history.add({ id: nonce, nonce, room: name, at: now + minute * 60_000, from: { id, nickname }, text });
  }
  return history;
}

/** The live page after five minutes. Its figures are not measured: they are waves. */
async function openLivePage(page, io, url) {
  const history = Array.from({ length: 300 }, (_, second) => sampleAt(second));
  io.of("/observability").on("connection", (socket) => {
    socket.emit("history", history);
    socket.emit("sample", { ...sampleAt(300), ...tables }, () => {});
  });
  await page.goto(`${url}/observability/#token=any`);
  await page.locator("#slowest tbody tr").first().waitFor({ state: "attached" });
}

function sampleAt(second) {
  const wave = (period, phase = 0) => Math.sin(second / period + phase);
  const busy = 1 + 0.25 * wave(60) + 0.08 * wave(3) + 0.05 * wave(1.3, 2);
  const websocket = Math.round(1180 + 160 * wave(90, -1) + 12 * wave(7));
  const polling = Math.round(64 + 9 * wave(40));
  return {
    at: now + (second - 300) * 1000,
    connections: { websocket, polling },
    sockets: websocket + polling,
    events: { in: 158 * busy, out: 46 * busy + 6 * wave(5) },
    bytes: { in: 21_000 * busy, out: 390_000 * busy * busy },
    handlers: { p50: 0.0004 + 0.00005 * wave(9), p99: 0.004 + 0.0012 * wave(25) + 0.0006 * wave(4, 1) },
    acks: { p50: 0.032 + 0.003 * wave(14), p99: 0.19 + 0.05 * wave(30, 2) + 0.02 * wave(5) },
    waiting: Math.max(0, 40_000 * (wave(11) + 0.6 * wave(4.7, 1) - 0.3)),
  };
}
