/** The client class for server-sent events in Firefox and in WebKit, if they are installed. */
import { createReadStream } from "node:fs";
import { join } from "node:path";
import expect from "expect.js";
import { openIn, otherBrowsers } from "../support/other-browsers";
import { startServer } from "../support/server";
import { eventually, nextValue } from "../support/waiting";

const clientClass = join(__dirname, "../../dist/server-sent-events.mjs");

/** A page that sends back each value, over a stream of `fetch()` or, without such streams, with `EventSource`. */
const pageFor = (
  transports: string,
  before = "",
) => `<!doctype html><meta charset="utf-8"><script type="module">
  import { io, WebSocket } from "/socket.io/socket.io.esm.min.js";
  import { ServerSentEvents } from "/server-sent-events.mjs";
  ${before}
  io({ transports: ${transports} }).on("value", (value, answer) => answer(value));
</script>`;

const pages: Record<string, string> = {
  "a stream of fetch()": pageFor("[ServerSentEvents]"),
  EventSource: pageFor("[ServerSentEvents]", "delete Response.prototype.body;"),
};

for (const browser of otherBrowsers) {
  describe(`server-sent events in ${browser}`, () => {
    async function visit(page: string) {
      const { io, httpServer, url } = await startServer({ transports: ["sse", "websocket"] });
      httpServer.on("request", (req, res) => {
        if (req.url === "/server-sent-events.mjs") {
          res.setHeader("Content-Type", "text/javascript");
          createReadStream(clientClass).pipe(res);
        } else if (req.url === "/") {
          res.setHeader("Content-Type", "text/html");
          res.end(page);
        }
      });
      const connected = nextValue(io, "connection");
      openIn(browser, `${url}/`);
      return connected;
    }

    for (const [means, page] of Object.entries(pages)) {
      it(`carries texts and binary data with ${means}`, async () => {
        const socket = await visit(page);
        expect(socket.conn.transport.name).to.be("sse");
        const text = `a\r\nb\u2028💬${"long ".repeat(50_000)}`;
        expect(await socket.emitWithAck("value", text)).to.be(text);
        expect(await socket.emitWithAck("value", Buffer.from([1, 2, 255]))).to.eql(Buffer.from([1, 2, 255]));
      });
    }

    it("upgrades to WebSocket", async () => {
      const socket = await visit(pageFor("[ServerSentEvents, WebSocket]"));
      await eventually(() => socket.conn.transport.name === "websocket");
      expect(await socket.emitWithAck("value", "after the upgrade")).to.be("after the upgrade");
    });
  });
}
