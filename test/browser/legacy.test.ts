/** The page script of Socket.IO 0.x in a real browser; the numbers are the rows of docs/legacy.md. */
import { createServer } from "node:http";
import expect from "expect.js";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { type Network, startBrowser, startNetwork } from "../support/browser";
import { onTestEnd } from "../support/cleanup";
import { runExample } from "../support/examples";
import { type Listener, legacy, WAYS } from "../support/legacy";
import { ownSuite } from "../support/own-tests";
import { listenOnFreePort } from "../support/server";
import { eventually } from "../support/waiting";

const PAGE = `<!doctype html>
  <link rel="icon" href="data:,">
  <script src="/live/chat/socket.io.legacy.min.js"></script>
  <script>
    function open({ host, ...options }) {
      window.seen = [];
      window.socket = new io.Socket(host, { resource: "live/chat", ...options });
      for (const event of ["connect", "close", "disconnect", "message"]) {
        socket.addEvent(event, (data) => seen.push(data === undefined ? event : data));
      }
      return new Promise((resolve) => {
        socket.addEvent("connect", () => resolve(socket.transport.type));
        socket.connect();
      });
    }
  </script>`;

ownSuite("the page script of Socket.IO 0.x", () => {
  let browser: Browser;
  let complaints: string[] = [];

  before(async function () {
    browser = await startBrowser(this);
  });

  after(() => browser?.close());

  afterEach(() => {
    const found = complaints;
    complaints = [];
    expect(found).to.eql([]);
  });

  async function newContext(): Promise<BrowserContext> {
    const context = await browser.newContext();
    onTestEnd(() => context.close());
    return context;
  }

  async function newPage(url: string, context?: BrowserContext): Promise<Page> {
    const page = await (context ?? (await newContext())).newPage();
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(url);
    return page;
  }

  /** Starts a listener with a page that can connect to it, behind a network that can be cut. */
  async function start(options = {}): Promise<{ listener: Listener; network: Network; url: string }> {
    const server = createServer((_req, res) => {
      res.setHeader("Content-Type", "text/html");
      res.end(PAGE);
    });
    const port = await listenOnFreePort(server);
    const listener = legacy.listen(server, { log: false, resource: "live/chat", ...options });
    const network = await startNetwork(`http://localhost:${port}`);
    onTestEnd(async () => {
      await network.close();
      await listener.close();
      server.closeAllConnections();
    });
    return { listener, network, url: network.url };
  }

  /** Runs a script in the page. */
  const run = <Value>(page: Page, script: string) => page.evaluate(script) as Promise<Value>;
  const seen = (page: Page) => run<unknown[]>(page, "seen");

  for (const [way] of WAYS) {
    it(`runs the chat of 2010 in two pages over ${way} [L1, L12]`, async () => {
      const { url } = await runExample("legacy-chat/index.js");
      const ada = await newPage(`${url}/chat.html?${way}`);
      const field = (page: Page) => page.getByRole("textbox", { name: "Message" });
      await ada.locator("#text:not([disabled])").waitFor();
      const bob = await newPage(`${url}/chat.html?${way}`);
      await ada.getByText(" connected").waitFor();
      const text = "<b>hello</b> & \u{1f600}";
      await field(ada).fill(text);
      await ada.keyboard.press("Enter");
      await bob.getByText(text).waitFor();
      await bob.locator("#text:not([disabled])").waitFor();
      await field(bob).fill("hello, Ada");
      await bob.keyboard.press("Enter");
      await ada.getByText("hello, Ada").waitFor();
      expect(await run(bob, "socket.transport.type")).to.be(way);
      const carol = await newPage(`${url}/chat.html?${way}`);
      await carol.getByText("hello, Ada").waitFor();
      expect(await carol.locator("#chat b").count()).to.be(0);
      if (way === "websocket") {
        // after the 8 seconds in which a client may return
        await bob.close();
        await ada.getByText(" disconnected").waitFor();
      }
    });

    it(`resumes a session after a cut over ${way}, when the page calls connect() [L59, L60]`, async () => {
      const { listener, network, url } = await start();
      const page = await newPage(url);
      expect(await run(page, `open({ transports: ["${way}"] })`)).to.be(way);
      const [client] = listener.clients;
      client?.send("before");
      await eventually(async () => (await seen(page)).includes("before"));
      // the server notices the cut at once only while a polling request is pending
      const [conn] = Object.values<any>((listener.io.engine as any).clients);
      await eventually(() => conn.transport.writable);
      network.cut();
      await eventually(async () => (await seen(page)).includes("close"));
      await eventually(() => !client?.connected);
      client?.send("meanwhile");
      network.mend();
      await run(page, "void socket.connect()");
      await eventually(async () => (await seen(page)).includes("meanwhile"));
      expect(await seen(page)).to.eql(["connect", "before", "close", "connect", "meanwhile"]);
      expect(client?.connections).to.be(2);
    });
  }

  it("takes host and port of the page, and merges the options of the program [L13, L14, L15, L19]", async () => {
    const { url, listener } = await start();
    const page = await newPage(url);
    const { hostname, port } = new URL(url);
    expect(await run(page, "{ const { host, options } = new io.Socket(); ({ host, options }) }")).to.eql({
      host: hostname,
      options: {
        secure: false,
        port,
        resource: "socket.io",
        transports: ["websocket", "server-events", "flashsocket", "htmlfile", "xhr-multipart", "xhr-polling"],
        transportOptions: {},
        rememberTransport: true,
      },
    });
    await run(page, 'io.setPath("/js/"); open({ transports: ["websocket"] })');
    expect(listener.clients).to.have.length(1);
  });

  it("connects to the host and port of another server, if its origins allow the page [L1, L13, L14]", async () => {
    const page = await newPage((await start()).url);
    const other = await start();
    const { port } = new URL(other.url);
    for (const [way] of WAYS) {
      const options = `{ host: "localhost", port: ${port}, transports: ["${way}"] }`;
      expect(await run(page, `open(${options})`)).to.be(way);
    }
    expect(other.listener.clients).to.have.length(3);

    const strict = await start({ origins: "example.com:*" });
    const options = JSON.stringify({ host: "localhost", port: new URL(strict.url).port });
    await run(page, `void open(${options})`);
    await eventually(async () => (await seen(page)).length > 0);
    expect(await seen(page)).to.eql(["close"]);
    expect(strict.listener.clients).to.eql([]);
  });

  it("remembers the transport that has worked in a cookie [L10]", async () => {
    const { url, listener } = await start();
    const context = await newContext();
    const page = await newPage(url, context);
    const cookie = async () =>
      (await context.cookies()).filter(({ name }) => name === "socket.io").map(({ value }) => value);
    const open = async (options: object) => {
      const type = await run(page, `open(${JSON.stringify(options)})`);
      await run(page, "void socket.disconnect()");
      return type;
    };
    expect(await open({ transports: ["xhr-polling", "websocket"], rememberTransport: false })).to.be(
      "xhr-polling",
    );
    expect(await cookie()).to.eql([]);
    expect(await open({ transports: ["xhr-polling"] })).to.be("xhr-polling");
    expect(await cookie()).to.eql(["xhr-polling"]);
    await page.reload();
    expect(await open({})).to.be("xhr-polling");
    expect(await open({ rememberTransport: false })).to.be("websocket");
    expect(await cookie()).to.eql(["xhr-polling"]);
    expect(listener.clients).to.have.length(4);
  });

  it("takes the next transport if the remembered one fails, is not in the list, or does not exist [L9, L10]", async () => {
    const { url } = await start({ transports: ["xhr-polling"] });
    const context = await newContext();
    const page = await newPage(url, context);
    for (const [stale, transports] of [
      ["websocket", ["websocket", "xhr-polling"]],
      ["server-events", ["xhr-polling"]],
      ["carrier-pigeon", ["xhr-polling"]],
      ["%E0%A4%A", ["xhr-polling"]],
    ] as const) {
      await context.clearCookies();
      await run(page, `document.cookie = "other=1"; document.cookie = "socket.io=${stale}; path=/"`);
      expect(await run(page, `open(${JSON.stringify({ transports })})`)).to.be("xhr-polling");
      expect(await run(page, "document.cookie")).to.contain("socket.io=xhr-polling");
    }
  });

  it("warns once in the console of a transport that no longer exists, and refuses unknown ones [L4]", async () => {
    const { url } = await start();
    const page = await newPage(url);
    const warnings: string[] = [];
    page.on("console", (message) => message.type() === "warning" && warnings.push(message.text()));
    const twice = 'for (const _ of [1, 2]) new io.Socket(null, { transports: ["flashsocket"] })';
    await run(page, `{ ${twice} }`);
    await eventually(() => warnings.length > 0);
    expect(warnings).to.eql([
      'The transport "flashsocket" no longer exists, so "websocket" is used instead.',
    ]);
    const code = `(() => { try { new io.Socket("x", { transports: ["pigeon"] }) } catch (error) { return error.code } })()`;
    expect(await run(page, code)).to.be("INVALID_OPTION");
  });
});
