/** Bodies of long-polling requests over µWebSockets.js: their limits, and the compression of the responses. */
import { gunzipSync } from "node:zlib";
import expect from "expect.js";
import { Server } from "socket.io";
import { ask, sendRaw } from "../support/http";
import { nextEvent, nextValue } from "../support/waiting";
import { tested } from "./support/tested";
import { attachUws, type Options } from "./support/uws";

/** A session over long-polling that has joined the main namespace. */
async function openSession(options: Options = {}, middleware?: (req: any, res: any, next: any) => void) {
  const io = new Server();
  const { url } = await attachUws(io, options);
  middleware && io.engine.use(middleware);
  const connected = nextValue<any>(io, "connection");
  const opened = await ask(`${url}/socket.io/?EIO=4&transport=polling`);
  const target = `/socket.io/?EIO=4&transport=polling&sid=${JSON.parse(opened.text.slice(1)).sid}`;
  await ask(url + target, { method: "POST", body: "40" });
  const socket = await connected;
  await ask(url + target);
  return { io, url, target, socket, address: url + target };
}

/** Sends the head of a POST request, and then what the test writes. */
async function beginPost({ url, target }: { url: string; target: string }, length: number) {
  const head = `POST ${target} HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`;
  const { socket: tcp, received } = await sendRaw(Number(new URL(url).port), head);
  return { tcp, closed: nextEvent(tcp, "close"), answer: () => received().toString("latin1") };
}

tested({ area: "Frameworks", name: "µWebSockets.js: bodies of requests", packages: ["uwebsockets"] }, () => {
  for (const [what, middleware] of [
    ["", undefined],
    [" behind a slow middleware", (_req: unknown, _res: unknown, next: () => void) => setImmediate(next)],
  ] as const) {
    it(`a body in two pieces is taken${what}`, async () => {
      const session = await openSession({}, middleware);
      const heard = nextEvent(session.socket, "n");
      const body = '42["n",1]';
      const post = await beginPost(session, body.length);
      post.tcp.write(body.slice(0, 4));
      // another request is answered: the app has read the first piece
      await ask(session.url);
      post.tcp.write(body.slice(4));
      expect(await heard).to.eql([1]);
    });

    it(`a body with too many bytes gets 413, and the TCP connection is closed${what}`, async () => {
      const session = await openSession({ maxHttpBufferSize: 1_000 }, middleware);
      session.socket.onAny(() => expect().fail("an event was delivered"));
      const disconnected = nextEvent<[string, any]>(session.socket, "disconnect");
      const post = await beginPost(session, 100_000_000);
      post.tcp.write("4".repeat(5_000));
      await post.closed;
      expect(post.answer()).to.contain("413");
      const [reason, description] = await disconnected;
      expect([reason, description.code]).to.eql(["transport error", "PAYLOAD_TOO_LARGE"]);
    });
  }

  it("a body in too many chunks gets 413", async () => {
    const session = await openSession({ maxBufferedChunks: 3 });
    const disconnected = nextEvent<[string, any]>(session.socket, "disconnect");
    const post = await beginPost(session, 100);
    for (let sent = 0; sent < 10 && session.socket.connected; sent++) {
      post.tcp.write("4");
      await ask(session.url);
    }
    expect((await disconnected)[1].code).to.be("TOO_MANY_CHUNKS");
    await post.closed;
    expect(post.answer()).to.contain("413");
  });

  it("a body that does not arrive in time gets 408", async () => {
    const session = await openSession({ httpRequestBodyTimeout: 50 });
    const disconnected = nextEvent<[string, any]>(session.socket, "disconnect");
    const post = await beginPost(session, 100);
    await post.closed;
    expect(post.answer()).to.contain("408");
    expect((await disconnected)[1].code).to.be("BODY_TIMEOUT");
  });

  it("an answer is compressed, if the client accepts that", async () => {
    const session = await openSession();
    session.socket.emit("much", "a".repeat(2_000));
    const answer = await ask(session.address, { headers: { "Accept-Encoding": "gzip" } });
    expect(answer.headers["content-encoding"]).to.be("gzip");
    expect(gunzipSync(answer.bytes).toString()).to.be(`42["much","${"a".repeat(2_000)}"]`);
  });
});
