/** The Admin UI of its npm package, in a real Chromium. */
import { readFileSync } from "node:fs";
import { createServer, type Server as HttpServer } from "node:http";
import { dirname, extname, join } from "node:path";
import { instrument } from "@socket.io/admin-ui";
import expect from "expect.js";
import type { Browser, Locator, Page } from "playwright-core";
import type { Server, ServerOptions, Socket } from "socket.io";
import { contract } from "socket.io/contract";
import msgpackParser from "socket.io-msgpack-parser";
import { startBrowser } from "../support/browser";
import { onTestEnd } from "../support/cleanup";
import { eventually, nextEvent, nextValue } from "../support/waiting";
import { chromium } from "./support/chromium";
import { client, listen } from "./support/hello";
import { serve } from "./support/served";
import { tested } from "./support/tested";

const ui = join(dirname(require.resolve("@socket.io/admin-ui/package.json")), "ui/dist");

const mediaTypes: Record<string, string> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".png": "image/png",
};

const auth = {
  type: "basic",
  username: "admin",
  // the hash of "open sesame"
  password: "$2a$04$zhoVXeUo7EFOZNwHyBAH1OP9t6hCteo.xoAXX2tRfctStF1MLxYwy",
} as const;

tested(
  {
    area: "Tools",
    name: "Admin UI",
    packages: ["@socket.io/admin-ui"],
    programs: [chromium],
    method: "The tests use its pages in Chromium, from a server of another origin.",
  },
  () => {
    let browser: Browser;
    let pages: HttpServer;
    let origin: string;

    before(async function () {
      browser = await startBrowser(this);
      pages = createServer((req, res) => {
        const path = req.url === "/" ? "/index.html" : req.url!;
        res.setHeader("content-type", mediaTypes[extname(path)] ?? "text/plain");
        res.end(readFileSync(join(ui, path)));
      });
      origin = `http://127.0.0.1:${await listen(pages)}`;
    });

    after(async () => {
      await browser?.close();
      pages?.close();
    });

    type InstrumentOptions = Parameters<typeof instrument>[1];

    /** A server with the Admin UI, whose sockets are all in the lobby. */
    async function start(
      options: InstrumentOptions = {},
      serverOptions: Partial<ServerOptions> = {},
      prepare: (io: Server) => void = () => {},
    ) {
      const served = await serve({ cors: { origin, credentials: true }, ...serverOptions });
      prepare(served.io);
      instrument(served.io, { auth, mode: "development", ...options });
      served.io.on("connection", (socket) => {
        socket.join("lobby");
        socket.data.name = socket.handshake.auth.name;
      });
      return {
        ...served,
        async join(name: string) {
          const connection = nextValue<Socket>(served.io, "connection");
          const near = client(served.url, {
            transports: ["websocket"],
            auth: { name },
            parser: serverOptions.parser as any,
          });
          const connected = nextEvent(near, "connect");
          const far = await connection;
          await connected;
          return { near, far };
        },
      };
    }

    async function visit(): Promise<Page> {
      const context = await browser.newContext({ viewport: { width: 1400, height: 900 } });
      context.setDefaultTimeout(15_000);
      onTestEnd(() => context.close());
      const page = await context.newPage();
      // fonts, which are not available
      await page.route(
        (url) => url.hostname !== "127.0.0.1",
        (route) => route.abort(),
      );
      await page.goto(origin);
      await page.addStyleTag({ content: "* { transition: none !important; animation: none !important; }" });
      return page;
    }

    async function login(page: Page, url: string, password = "open sesame"): Promise<void> {
      await page.getByLabel("Server URL").fill(url);
      await page.getByLabel("Username").fill("admin");
      await page.getByLabel("Password").fill(password);
      await page.getByRole("button", { name: "Connect", exact: true }).click();
    }

    /** Logs in, and opens one of the pages. */
    async function enter(url: string, place?: string): Promise<Page> {
      const page = await visit();
      await login(page, url);
      await page.getByRole("dialog").waitFor({ state: "hidden" });
      if (place !== undefined) {
        await go(page, place);
      }
      return page;
    }

    const menu = (page: Page) => page.locator(".v-navigation-drawer");

    async function go(page: Page, place: string): Promise<void> {
      await menu(page).getByRole("link", { name: place, exact: true }).click();
      await shown(page, place);
    }

    /** Waits for a page, and for the end of the previous one. */
    async function shown(page: Page, title: string): Promise<void> {
      await page.locator(".v-breadcrumbs__item--disabled", { hasText: title }).waitFor();
      await page.waitForFunction("document.querySelectorAll('.v-breadcrumbs').length === 1");
    }

    const row = (within: Page | Locator, text: string) => within.locator("tbody tr", { hasText: text });
    const card = (page: Page, title: string) =>
      page.locator(".v-card", { has: page.locator(".v-card__title", { hasText: title }) });

    /** The page about a socket. */
    async function openSocket(url: string, id: string): Promise<Page> {
      const page = await enter(url, "Sockets");
      await row(page, id).getByText(id).click();
      await shown(page, "Socket details");
      return page;
    }

    it("accepts only users with the password", async () => {
      const { io, url } = await start();
      const page = await visit();
      await login(page, url, "open barley");
      await page.getByText("Invalid credentials").waitFor();
      expect(io.of("/admin").sockets.size).to.be(0);
      await login(page, url);
      await page.locator(".v-app-bar").getByText("connected", { exact: true }).first().waitFor();
      await page.getByRole("dialog").waitFor({ state: "hidden" });
      expect(io.of("/admin").sockets.size).to.be(1);
    });

    it("keeps a session, with which a user logs in again", async () => {
      const { url } = await start();
      const admin = client(`${url}/admin`, { auth: { username: "admin", password: "open sesame" } });
      const sessionId = await nextValue<string>(admin, "session");
      for (const [id, message] of [
        [sessionId, "let in"],
        ["another", "invalid credentials"],
      ]) {
        const again = client(`${url}/admin`, { auth: { sessionId: id } });
        const outcome = Promise.race([
          nextEvent(again, "connect").then(() => "let in"),
          nextValue<Error>(again, "connect_error").then((error) => error.message),
        ]);
        expect(await outcome).to.be(message);
      }
    });

    it("lists the connected clients, and updates the list", async () => {
      const { url, join } = await start();
      const ada = await join("Ada");
      const page = await enter(url, "Sockets");
      await row(page, ada.far.id).getByText("WebSocket").waitFor();
      const bob = await join("Bob");
      await row(page, bob.far.id).waitFor();
      ada.near.disconnect();
      await row(page, ada.far.id).waitFor({ state: "detached" });
      await row(page, bob.far.id).waitFor();
    });

    it("shows the data of a socket as they change, its handshake and its rooms", async () => {
      const { url, join } = await start();
      const { far } = await join("Ada");
      const page = await openSocket(url, far.id);
      await card(page, "Details").getByText('"name": "Ada"').waitFor();
      far.data.name = "Grace";
      await card(page, "Details").getByText('"name": "Grace"').waitFor();
      await row(card(page, "Initial HTTP request"), "transport").getByText("websocket").waitFor();
      await row(card(page, "Rooms"), "lobby").waitFor();
      far.join("library");
      await row(card(page, "Rooms"), "library").waitFor();
      far.leave("library");
      await row(card(page, "Rooms"), "library").waitFor({ state: "detached" });
    });

    it("makes a socket join and leave a room", async () => {
      const { io, url, join } = await start();
      const { near, far } = await join("Ada");
      const page = await openSocket(url, far.id);
      const rooms = card(page, "Rooms");
      await page.getByLabel("Join a room").fill("library");
      await rooms.locator("button[type=submit]").click();
      await row(rooms, "library").waitFor();
      expect(far.rooms.has("library")).to.be(true);
      const heard = nextValue(near, "hello");
      io.to("library").emit("hello", "library");
      expect(await heard).to.be("library");
      await row(rooms, "library").getByRole("button").click();
      await eventually(() => !far.rooms.has("library"));
      // this also opens the page about the room
      await go(page, "Rooms");
      await row(page, "lobby").waitFor();
      await row(page, "library").waitFor({ state: "detached" });
      expect([...far.rooms]).to.eql([far.id, "lobby"]);
    });

    it("disconnects a socket, and a client", async () => {
      const { io, url, join } = await start();
      const [ada, bob] = [await join("Ada"), await join("Bob")];
      const page = await openSocket(url, ada.far.id);
      const adaLeft = nextValue(ada.near, "disconnect");
      const buttons = card(page, "Details").getByRole("button");
      await buttons.last().click();
      expect(await adaLeft).to.be("io server disconnect");
      await card(page, "Details").getByText("disconnected", { exact: true }).first().waitFor();
      expect([...io.of("/").sockets.keys()]).to.eql([bob.far.id]);

      await go(page, "Sockets");
      await row(page, bob.far.id).getByText(bob.far.id).click();
      await shown(page, "Socket details");
      const closed = nextEvent(bob.far.conn, "close");
      await buttons.first().click();
      await closed;
      expect(io.of("/").sockets.size).to.be(0);
    });

    it("removes all sockets from a room, and disconnects the sockets of another room", async () => {
      const { io, url, join } = await start();
      const [ada, bob, carol] = [await join("Ada"), await join("Bob"), await join("Carol")];
      for (const { far } of [ada, bob]) {
        far.join("library");
      }
      carol.far.join("kitchen");
      const page = await enter(url, "Rooms");
      await row(page, "library").getByRole("cell", { name: "2", exact: true }).waitFor();
      await row(page, "library").getByRole("button").first().click();
      await eventually(() => !ada.far.rooms.has("library") && !bob.far.rooms.has("library"));
      await go(page, "Rooms");
      await row(page, "library").waitFor({ state: "detached" });

      const left = nextValue(carol.near, "disconnect");
      await row(page, "kitchen").getByRole("button").last().click();
      expect(await left).to.be("io server disconnect");
      await go(page, "Rooms");
      await row(page, "lobby").getByRole("cell", { name: "2", exact: true }).waitFor();
      expect([...io.of("/").sockets.keys()]).to.eql([ada.far.id, bob.far.id]);
    });

    it("shows incoming and outgoing events", async () => {
      const { url, join } = await start();
      // the page shows the main namespace once it has a client
      await join("Bob");
      const page = await enter(url, "Events");
      const { near, far } = await join("Ada");
      near.emit("question", "why");
      far.emit("answer", "because");
      far.join("library");
      near.disconnect();
      for (const text of ["question", "answer", "library", "client namespace disconnect"]) {
        await row(page, far.id).filter({ hasText: text }).first().waitFor();
      }
    });

    it("changes nothing in read-only mode", async () => {
      const { url, join } = await start({ readonly: true });
      const { far } = await join("Ada");
      const page = await enter(url, "Sockets");
      await row(page, far.id).waitFor();
      expect(await row(page, far.id).getByRole("button").count()).to.be(0);
      // the server ignores the command too
      const admin = client(`${url}/admin`, { auth: { username: "admin", password: "open sesame" } });
      await nextEvent(admin, "connect");
      admin.emit("_disconnect", "/", true, far.id);
      admin.emit("join", "/", "library", far.id);
      await row(page, far.id).waitFor();
      const mark = nextValue(admin, "event_sent");
      far.emit("mark");
      await mark;
      expect(far.connected).to.be(true);
      expect(far.rooms.has("library")).to.be(false);
    });

    it("works with the MessagePack parser, over WebSocket only", async () => {
      const { url, join } = await start({}, { parser: msgpackParser, transports: ["websocket"] });
      const { far } = await join("Ada");
      const page = await visit();
      await page.getByText("Advanced options").click();
      await page.getByText("WebSocket only?").click();
      await page.getByText("Built-in parser").click();
      await page.getByText("MessagePack parser").click();
      await login(page, url);
      await page.getByRole("dialog").waitFor({ state: "hidden" });
      await go(page, "Sockets");
      await row(page, far.id).waitFor();
    });

    it("shows the clients of a server with a contract, which its namespace does not have", async () => {
      const { io, url, join } = await start(
        {},
        { contract: contract({ serverToClient: {} }) },
        (server) => void server.of("/admin", { contract: null }),
      );
      const { far } = await join("Ada");
      const page = await enter(url, "Sockets");
      await row(page, far.id).waitFor();
      expect(() => io.emit("hello")).to.throwException(/no event/);
    });

    it("counts clients for each transport and namespace in production mode, without naming them", async () => {
      const { io, url, join } = await start({ mode: "production", serverId: "server-one" });
      io.of("/chat");
      await join("Ada");
      await join("Bob");
      const polling = client(`${url}/chat`, { transports: ["polling"] });
      await nextEvent(polling, "connect");
      const page = await enter(url);
      await row(card(page, "Namespaces"), "/chat").getByRole("cell", { name: "1", exact: true }).waitFor();
      const main = page.locator("tbody tr", { has: page.locator("code", { hasText: /^\/$/ }) });
      await main.getByRole("cell", { name: "2", exact: true }).waitFor();
      const counts = card(page, "Clients");
      // the Admin UI is a client too
      await row(counts, "WebSocket").getByRole("heading", { name: "3", exact: true }).waitFor();
      await row(counts, "HTTP long-polling").getByRole("heading", { name: "1", exact: true }).waitFor();
      expect(await menu(page).getByRole("link").allInnerTexts()).to.eql(["Dashboard", "Servers"]);
      await go(page, "Servers");
      await row(page, "server-one").getByText("healthy").waitFor();
    });
  },
);
