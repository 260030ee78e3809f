/** A conversation with permessage-deflate with Firefox and with WebKit, if they are installed; the page reports by itself. */
import expect from "expect.js";
import { fastPathServes, isFast } from "../support/fast-path";
import { openIn, otherBrowsers } from "../support/other-browsers";
import { Random } from "../support/random";
import { startServer } from "../support/server";
import { eventually, nextValue } from "../support/waiting";

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

for (const name of otherBrowsers) {
  describe(`permessage-deflate in ${name}`, () => {
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
        openIn(name, `${url}/`);
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
