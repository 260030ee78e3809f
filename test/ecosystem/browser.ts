/** The bundles that the server serves, in pages in a real Chromium. */
import expect from "expect.js";
import type { Browser, Page } from "playwright-core";
import type { ServerOptions, Socket } from "socket.io";
import msgpackParser from "socket.io-msgpack-parser";
import { startBrowser } from "../support/browser";
import { onTestEnd } from "../support/cleanup";
import { nextEvent, nextValue } from "../support/waiting";
import { chromium } from "./support/chromium";
import { type Served, serve } from "./support/served";
import { tested } from "./support/tested";

const script = (file: string) => `<script src="/socket.io/${file}"></script>`;

const bundles = {
  "socket.io.js": script("socket.io.js"),
  "socket.io.min.js": script("socket.io.min.js"),
  "socket.io.esm.min.js": `<script type="module">
    import { io } from "/socket.io/socket.io.esm.min.js";
    window.io = io;
  </script>`,
  "socket.io.msgpack.min.js": script("socket.io.msgpack.min.js"),
};
type Bundle = keyof typeof bundles;

/** The script of each page in addition to its bundle. */
const helpers = `<script>
  function open(options, address = location.origin) {
    window.socket = io(address, { reconnectionDelay: 20, reconnectionDelayMax: 50, ...options });
    window.seen = [];
    socket.on("text", (text) => seen.push(text));
    return once("connect");
  }
  function once(event) {
    return new Promise((resolve) => socket.once(event, (...args) => resolve(args)));
  }
  async function upgraded() {
    const { engine } = socket.io;
    if (engine.transport.name !== "websocket") {
      await new Promise((resolve) => engine.once("upgrade", resolve));
    }
    return engine.transport.name;
  }
  const bytesOf = async (value) => [...new Uint8Array(value instanceof Blob ? await value.arrayBuffer() : value)];
</script>`;

const ways = [["polling"], ["websocket"], ["polling", "websocket"]];

tested(
  {
    area: "Clients",
    name: "Chromium",
    programs: [chromium],
    method: "The tests use the bundles that the server serves below `/socket.io/`.",
  },
  () => {
    let browser: Browser;

    before(async function () {
      browser = await startBrowser(this);
    });

    after(() => browser?.close());

    /** A server whose page loads a bundle. */
    function servePage(bundle: Bundle, options: Partial<ServerOptions> = {}): Promise<Served> {
      return serve(options, (_req, res) => {
        res.setHeader("content-type", "text/html");
        res.end(`<!doctype html><title>A page</title>${bundles[bundle]}${helpers}`);
      });
    }

    async function visit(url: string): Promise<Page> {
      const context = await browser.newContext();
      onTestEnd(() => context.close());
      const page = await context.newPage();
      await page.goto(url);
      return page;
    }

    /** Runs code in the page, which can use `helpers`. */
    function run(page: Page, body: string): Promise<any> {
      return page.evaluate(`(async () => { ${body} })()`);
    }

    async function meet(served: Served, transports: string[], options: object = {}) {
      const page = await visit(served.url);
      const connection = nextValue<Socket>(served.io, "connection");
      await run(page, `await open(${JSON.stringify({ transports, ...options })});`);
      const socket = await connection;
      if (transports.includes("websocket")) {
        expect(await run(page, "return upgraded();")).to.be("websocket");
      }
      expect(await run(page, "return socket.id;")).to.be(socket.id);
      return { page, socket };
    }

    for (const bundle of Object.keys(bundles) as Bundle[]) {
      const options = bundle.includes("msgpack") ? { parser: msgpackParser } : {};
      describe(`${bundle}`, () => {
        for (const transports of ways) {
          it(`exchanges events, answers and binary data, over ${transports.join(", then ")}`, async () => {
            const { page, socket } = await meet(await servePage(bundle, options), transports);
            socket.on("question", (text, bytes, reply) => reply(`${text}!`, [...bytes], Buffer.from([9])));
            const answer = await run(
              page,
              `const [text, numbers, bytes] = await new Promise((resolve) => {
                socket.emit("question", "ü€😀", new Uint8Array([1, 255]).buffer, (...args) => resolve(args));
              });
              return [text, numbers, await bytesOf(bytes)];`,
            );
            expect(answer).to.eql(["ü€😀!", [1, 255], [9]]);
            await run(
              page,
              `socket.on("bytes", async (value, reply) => {
                const bytes = await bytesOf(value.deep[0]);
                reply(bytes, new Uint8Array(bytes).buffer);
              });`,
            );
            const [numbers, bytes] = await new Promise<any[]>((resolve) => {
              socket.emit("bytes", { deep: [Buffer.from([3, 4])] }, (...args: any[]) => resolve(args));
            });
            expect(numbers).to.eql([3, 4]);
            expect([...bytes]).to.eql([3, 4]);
          });
        }
      });
    }

    for (const transports of ways) {
      it(`sends a Blob, a File and an ArrayBuffer, over ${transports.join(", then ")}`, async () => {
        const { page, socket } = await meet(await servePage("socket.io.min.js"), transports);
        const came = nextEvent<any[]>(socket, "files");
        await run(
          page,
          `const large = new Uint8Array(200_000).fill(7);
          socket.emit(
            "files",
            new Blob(["a blob"]),
            { files: [new File(["a ", "file"], "file.txt", { type: "text/plain" })] },
            large.buffer,
            large.subarray(10, 13),
          );`,
        );
        const [blob, { files }, buffer, view] = await came;
        expect([blob, files[0]].map(String)).to.eql(["a blob", "a file"]);
        expect(Buffer.alloc(200_000, 7).equals(buffer)).to.be(true);
        expect([...view]).to.eql([7, 7, 7]);
      });

      it(`recovers its session after a restart of the server, over ${transports.join(", then ")}`, async () => {
        const served = await servePage("socket.io.min.js", { connectionStateRecovery: {} });
        const { page, socket } = await meet(served, transports);
        socket.join("room");
        const first = run(page, "return once('text');");
        // the page listens once it has answered later packets
        await run(page, "return 0;");
        socket.emit("text", "first");
        await first;
        const gone = run(page, "return once('disconnect');");
        await run(page, "return 0;");
        await served.stop();
        expect((await gone)[0]).to.match(/^transport (close|error)$/);
        served.io.to("room").emit("text", "to the room");
        served.io.to("another room").emit("text", "to another room");
        const back = run(page, "if (!socket.connected) await once('connect'); return socket.recovered;");
        const connection = nextValue<Socket>(served.io, "connection");
        await served.start();
        const again = await connection;
        expect(await back).to.be(true);
        const marked = run(page, "return socket.emitWithAck('mark');");
        again.on("mark", (reply) => reply());
        await marked;
        expect([again.id, again.recovered]).to.eql([socket.id, true]);
        expect(await run(page, "return seen;")).to.eql(["first", "to the room"]);
      });

      it(`the server detects that the page was closed, over ${transports.join(", then ")}`, async () => {
        const { page, socket } = await meet(await servePage("socket.io.min.js"), transports);
        const left = nextValue(socket, "disconnect");
        await page.close();
        expect(await left).to.match(/^transport (close|error)$/);
      });
    }

    describe("a page of another origin", () => {
      /** A page of one server that connects to another; resolves with the transport, or with the error. */
      async function reach(served: Served, options: object): Promise<{ page: Page; outcome: string }> {
        const page = await visit((await servePage("socket.io.min.js")).url);
        await page.context().addCookies([{ name: "session", value: "ada", url: served.url }]);
        const outcome = await run(
          page,
          `const opened = open(${JSON.stringify({ reconnection: false, ...options })}, "${served.url}");
          const refused = once("connect_error").then(([error]) => error.message);
          return Promise.race([opened.then(() => socket.io.engine.transport.name), refused]);`,
        );
        return { page, outcome };
      }

      for (const transport of ["polling", "websocket"]) {
        it(`connects with its cookies, if the server allows it, over ${transport}`, async () => {
          const origins: string[] = [];
          const served = await serve({
            cors: {
              credentials: true,
              origin(origin, callback) {
                origins.push(origin!);
                callback(null, true);
              },
            },
          });
          const connection = nextValue<Socket>(served.io, "connection");
          const { page, outcome } = await reach(served, { transports: [transport], withCredentials: true });
          expect(outcome).to.be(transport);
          const { headers, xdomain } = (await connection).handshake;
          expect(headers.cookie).to.be("session=ada");
          expect([headers.origin, xdomain]).to.eql([new URL(page.url()).origin, true]);
          expect(origins).to.contain(headers.origin);
          const answered = run(page, "return socket.emitWithAck('bytes', new Uint8Array([1]));");
          (await connection).on("bytes", (bytes, reply) => reply(bytes.length));
          expect(await answered).to.be(1);
        });
      }

      it("connects without cookies, if it sends none and the server allows all origins", async () => {
        const served = await serve({ cors: { origin: "*" } });
        const connection = nextValue<Socket>(served.io, "connection");
        expect((await reach(served, { transports: ["polling"] })).outcome).to.be("polling");
        expect((await connection).handshake.headers.cookie).to.be(undefined);
      });

      it("is refused by the browser over long-polling, unless the server allows its origin", async () => {
        for (const options of [{}, { cors: { origin: "https://example.com", credentials: true } }]) {
          const served = await serve(options);
          for (const withCredentials of [true, false]) {
            const { outcome } = await reach(served, { transports: ["polling"], withCredentials });
            expect(outcome).to.be("xhr poll error");
          }
          expect(served.io.of("/").sockets.size).to.be(0);
        }
      });

      it("is refused over each transport, if `allowRequest` refuses its origin", async () => {
        const served = await serve({
          cors: { origin: true },
          allowRequest: (req, callback) => callback(null, req.headers.origin === served.url),
        });
        for (const [transport, error] of [
          ["polling", "xhr poll error"],
          ["websocket", "websocket error"],
        ]) {
          expect((await reach(served, { transports: [transport] })).outcome).to.be(error);
        }
      });
    });
  },
);
