import { gunzipSync } from "node:zlib";
import expect from "expect.js";
import type { ServerOptions } from "../../lib";
import { allGuardMessages } from "../support/guard-messages";
import { ask, sendRaw } from "../support/http";
import { type AnySocket, joinWire } from "../support/joined";
import { ownSuite } from "../support/own-tests";
import { type Running, startServer } from "../support/server";
import { openSse } from "../support/sse-wire";
import { subjectName } from "../support/subject";
import { eventually, nextEvent, nextValue } from "../support/waiting";

/** One kind of connection whose client sends POST requests. */
interface Kind {
  /** Whether the server answers over server-sent events instead of long-polling. */
  readonly streams?: boolean;
  readonly options?: Partial<ServerOptions>;
  readonly query: string;
  /** Whether the client has to send CONNECT for the main namespace. */
  readonly asks: boolean;
  /** The body of a request with these packets. */
  encode(...packets: string[]): string;
}

const separated = (...packets: string[]) => packets.join("\x1e");
const withLengths = (...packets: string[]) => packets.map((packet) => `${packet.length}:${packet}`).join("");

const kinds: Record<string, Kind> = {
  "a polling client": { query: "EIO=4", asks: true, encode: separated },
  "a polling client with a cookie": {
    options: { cookie: true } as unknown as Partial<ServerOptions>,
    query: "EIO=4",
    asks: true,
    encode: separated,
  },
  "a client over JSONP": {
    query: "EIO=4&j=0",
    asks: true,
    encode: (...packets) => `d=${encodeURIComponent(separated(...packets))}`,
  },
  "a v2 client": {
    options: { allowEIO3: true },
    query: "EIO=3",
    asks: false,
    encode: withLengths,
  },
  "a v2 client over JSONP": {
    options: { allowEIO3: true },
    query: "EIO=3&j=0",
    asks: false,
    encode: (...packets) => `d=${encodeURIComponent(withLengths(...packets))}`,
  },
};

if (subjectName !== "reference") {
  kinds["a client over server-sent events"] = {
    options: { transports: ["sse"] },
    query: "EIO=4",
    asks: true,
    encode: separated,
    streams: true,
  };
}

interface Session {
  readonly running: Running;
  readonly socket: AnySocket;
  /** The path and the query of its requests. */
  readonly target: string;
  readonly address: string;
}

async function openSession(kind: Kind, options: Partial<ServerOptions> = {}): Promise<Session> {
  const running = await startServer({ ...kind.options, ...options });
  const connected = nextValue(running.io, "connection");
  const target = `/socket.io/?${kind.query}&transport=${kind.streams ? "sse" : "polling"}`;
  const sid = kind.streams
    ? (await openSse(running.url)).opened.sid
    : /sid\\?":\\?"([^"\\]+)/.exec((await ask(running.url + target)).text)?.[1];
  const session = { running, target: `${target}&sid=${sid}`, address: `${running.url}${target}&sid=${sid}` };
  if (kind.asks) {
    await ask(session.address, { method: "POST", body: kind.encode("40") });
  }
  return { ...session, socket: await connected };
}

/** Sends the head of a POST request; the test writes the body to `tcp`. `answer()` returns the response so far. */
async function beginPost({ running, target }: Session, headers: string) {
  const head = `POST ${target} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n\r\n`;
  const { socket: tcp, received } = await sendRaw(running.port, head);
  const closed = new Promise<void>((resolve) => tcp.once("close", () => resolve()));
  return { tcp, closed, answer: () => received().toString("latin1") };
}

const CHUNKED = "Transfer-Encoding: chunked";

/** Sends a request that ends the connection. Resolves with the response, and with the arguments of "disconnect". */
async function sendRefused(session: Session, headers: string, body: string) {
  const disconnected = nextEvent<[string, any]>(session.socket, "disconnect");
  const { tcp, closed, answer } = await beginPost(session, headers);
  tcp.write(body);
  await closed;
  const [reason, description] = await disconnected;
  return { answer: answer(), reason, description };
}

const chunked = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

for (const [name, kind] of Object.entries(kinds)) {
  describe(`the request of ${name}`, () => {
    it("with more bytes than maxHttpBufferSize is answered with 413, and none of its packets is delivered [14, 38]", async () => {
      const session = await openSession(kind, { maxHttpBufferSize: 1_000 });
      session.socket.onAny(() => expect().fail("an event was delivered"));
      const disconnected = nextEvent(session.socket, "disconnect");
      const body = kind.encode(`42["n","${"a".repeat(200_000)}"]`);
      const { status } = await ask(session.address, { method: "POST", body }).catch(() => ({ status: 413 }));
      expect(status).to.be(413);
      const [reason, description] = await disconnected;
      expect(reason).to.be("transport error");
      expect(description).to.be.an(Error);
      await eventually(() => session.running.io.engine.clientsCount === 0);
    });

    it("is cut off after 413: the connection ends though the client continues to send [38]", async () => {
      const session = await openSession(kind, { maxHttpBufferSize: 1_000 });
      const post = await beginPost(session, "Content-Length: 100000000");
      post.tcp.write("a".repeat(2_000));
      await post.closed;
      expect(post.answer()).to.contain("HTTP/1.1 413");
    });

    it("in more chunks than maxBufferedChunks is answered with 413 [38]", async () => {
      const session = await openSession(kind, { maxBufferedChunks: 10 });
      const { answer, reason } = await sendRefused(session, CHUNKED, chunked("x").repeat(11));
      expect(answer).to.contain("HTTP/1.1 413");
      expect(reason).to.be("transport error");
    });

    it("in a few chunks is accepted [38]", async () => {
      const session = await openSession(kind, { maxBufferedChunks: 6 });
      const heard = nextEvent(session.socket, "n");
      const body = kind.encode('42["n",1]');
      const post = await beginPost(session, `${CHUNKED}\r\nConnection: close`);
      const chunks = [...body.slice(0, 5)].map(chunked).join("") + chunked(body.slice(5));
      post.tcp.write(`${chunks}0\r\n\r\n`);
      expect(await heard).to.eql([1]);
      await post.closed;
      expect(post.answer()).to.contain("HTTP/1.1 200");
    });

    it("is answered with 408 when its body does not arrive within httpRequestBodyTimeout [38]", async () => {
      const session = await openSession(kind, { httpRequestBodyTimeout: 50 });
      const { answer, reason } = await sendRefused(session, "Content-Length: 100", "4");
      expect(answer).to.contain("HTTP/1.1 408");
      expect(reason).to.be("transport error");
    });

    if (kind.streams) {
      return;
    }

    it("is answered with a compressed event, if the client accepts compression [17]", async () => {
      const session = await openSession(kind);
      // the response to CONNECT
      await ask(session.address);
      const polled = ask(session.address, { headers: { "Accept-Encoding": "gzip" } });
      await eventually(() => (session.socket.conn.transport as any).writable);
      session.socket.emit("much", "a".repeat(2_000));
      const answer = await polled;
      expect(answer.headers["content-encoding"]).to.be("gzip");
      expect(gunzipSync(answer.bytes).toString()).to.contain("a".repeat(2_000));
    });
  });
}

ownSuite("a request that is refused", () => {
  const [kind] = Object.values(kinds);

  for (const [what, options, body, code] of [
    ["its size", { maxHttpBufferSize: 1_000 }, chunked("a".repeat(2_000)), "PAYLOAD_TOO_LARGE"],
    ["the number of its chunks", { maxBufferedChunks: 10 }, chunked("x").repeat(11), "TOO_MANY_CHUNKS"],
    ["its duration", { httpRequestBodyTimeout: 50 }, chunked("x"), "BODY_TIMEOUT"],
  ] as const) {
    it(`for ${what} reports the code: in the response, to the socket and on the diagnostics channel [38]`, async () => {
      const told = allGuardMessages();
      const session = await openSession(kind, options);
      const { answer, description } = await sendRefused(session, CHUNKED, body);
      expect(answer).to.contain(`"code":"${code}"`);
      expect(description.code).to.be(code);
      expect(told.map((one) => one.code)).to.eql([code]);
    });
  }

  it("is checked against the current options of the engine [14]", async () => {
    const session = await openSession(kind);
    (session.running.io.engine.opts as { maxHttpBufferSize: number }).maxHttpBufferSize = 10;
    const body = '42["longer than that"]';
    expect((await ask(session.address, { method: "POST", body })).status).to.be(413);
  });
});

describe("a WebSocket message", () => {
  it("in more chunks than maxBufferedChunks closes the connection [38]", async () => {
    const told = allGuardMessages();
    const running = await startServer({ maxBufferedChunks: 10 });
    const { wire, socket } = await joinWire(running);
    const disconnected = nextEvent<[string, any]>(socket, "disconnect");
    const client = (wire.ws as any)._socket;
    const server = (socket.conn.transport as any).socket._socket;
    // a masked text frame of 100 bytes, each of which arrives separately
    client.write(Buffer.from([0x81, 0x80 | 100, 0, 0, 0, 0]));
    await nextEvent(server, "data");
    for (let sent = 0; sent < 100 && socket.connected; sent++) {
      const arrived = Promise.race([nextEvent(server, "data"), disconnected]);
      client.write("4");
      await arrived;
    }
    const [reason, description] = await disconnected;
    expect(reason).to.be("transport error");
    if (subjectName !== "reference") {
      expect(description.code).to.be("TOO_MANY_CHUNKS");
      expect(told.map(({ code }) => code)).to.eql(["TOO_MANY_CHUNKS"]);
    }
  });
});
