/** A conversation with permessage-deflate with Firefox and with WebKit, if they are installed; the page reports by itself. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import expect from "expect.js";
import { onTestEnd } from "../support/cleanup";
import { fastPathServes, isFast } from "../support/fast-path";
import { Random } from "../support/random";
import { startServer } from "../support/server";
import { eventually, nextValue } from "../support/waiting";

const FIREFOX = "/usr/bin/firefox-esr";
const WEBKIT = "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser";

/** Runs WebKit on a screen in memory. */
const XVFB = "/usr/bin/xvfb-run";

/** The commands of the installed browsers; Debian has them in firefox-esr, and in webkit2gtk-driver with xvfb and xauth. */
const browsers: Record<string, (folder: string) => string[]> = {
  ...(existsSync(FIREFOX) && {
    Firefox: (folder) => [FIREFOX, "--headless", "--no-remote", "--profile", folder],
  }),
  ...(existsSync(WEBKIT) && spawnSync(XVFB, ["true"]).status === 0 && { WebKit: () => [XVFB, "-a", WEBKIT] }),
};

const PAGE = `<!doctype html><meta charset="utf-8"><script src="/socket.io/socket.io.js"></script><script>
  const socket = io({ transports: ["websocket"] });
  socket.onAny((event, text) => socket.emit("up", text));
</script>`;

/** Texts of all sizes, with words that appear again. */
function texts(): string[] {
  const random = new Random(18);
  return Array.from({ length: 60 }, (_, index) => {
    const words = Array.from(
      { length: random.pick([1, 10, 100, 1_000, 6_000]) },
      () => `${random.pick(["reconnect", "héllo", "💬", "0123456789"])}${random.below(50)}`,
    );
    return `${index} ${words.join(" ")}`;
  });
}

for (const [name, commandFor] of Object.entries(browsers)) {
  describe(`permessage-deflate in ${name}`, function () {
    this.timeout(60_000);

    for (const perMessageDeflate of [true, { serverMaxWindowBits: 10 }, { sharedCompression: false }]) {
      it(`carries texts in both directions, with ${JSON.stringify(perMessageDeflate)} [17]`, async () => {
        const { io, httpServer, url } = await startServer({ perMessageDeflate });
        httpServer.on("request", (req, res) => {
          if (req.url === "/") {
            res.setHeader("Content-Type", "text/html");
            res.end(PAGE);
          }
        });
        const connected = nextValue(io, "connection");
        const folder = mkdtempSync(join(tmpdir(), "browser-"));
        const [program, ...args] = [...commandFor(folder), `${url}/`];
        const env = { ...process.env, HOME: folder, WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1" };
        const browser = spawn(program, args, { stdio: "ignore", env, detached: true });
        const ended = new Promise((resolve) => browser.once("exit", resolve));
        onTestEnd(async () => {
          process.kill(-(browser.pid as number), "SIGKILL");
          await ended;
          rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
        });
        const socket = await connected;
        expect(socket.request.headers["sec-websocket-extensions"]).to.contain("permessage-deflate");
        const heard: string[] = [];
        socket.on("up", (text: string) => heard.push(text));
        const sent = texts();
        for (const [index, text] of sent.entries()) {
          index % 2 === 0 ? socket.emit("one", text) : io.emit("all", text);
          if (index % 7 === 0) {
            await eventually(() => heard.length === index + 1);
          }
        }
        await eventually(() => heard.length === sent.length);
        expect(heard).to.eql(sent);
        const { sharedCompression = true } = Object(perMessageDeflate);
        expect(isFast(socket)).to.be(fastPathServes && sharedCompression);
      });
    }
  });
}
