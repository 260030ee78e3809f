import { createServer } from "node:http";
import expect from "expect.js";
import type { OriginRule } from "../../lib";
import { messagesAbout, refusalMessages } from "../support/guard-messages";
import { ask, askHandshake } from "../support/http";
import { ownSuite } from "../support/own-tests";
import { answerOfUpgrade, refusedNames, statusesOf } from "../support/refusals";
import { listen, startServer } from "../support/server";
import { Server } from "../support/subject";
import { nextValue } from "../support/waiting";
import { openPolling } from "../support/wire";

const OURS = "https://app.example";
const FOREIGN = "https://evil.example";

const PASSES = { polling: 200, websocket: 101 };
const REFUSED = { polling: 403, websocket: 400 };

const rules: Record<string, OriginRule> = {
  "a string": OURS,
  "a regular expression": /^https:\/\/app\.example$/,
  "a regular expression with a state": /^https:\/\/app\.example$/g,
  "a list": ["https://other.example", /^https:\/\/app\./],
  "a function": (origin) => origin === OURS,
  "an asynchronous function": async (origin) => origin === OURS,
};

ownSuite("allowedOrigins", () => {
  for (const [kind, allowedOrigins] of Object.entries(rules)) {
    it(`may be ${kind}: pages of other origins are refused over either transport [security 12]`, async () => {
      const running = await startServer({ allowedOrigins });
      expect(await statusesOf(running, { Origin: FOREIGN })).to.eql(REFUSED);
      expect(await statusesOf(running, { Origin: OURS })).to.eql(PASSES);
      expect(await statusesOf(running, { Origin: OURS })).to.eql(PASSES);
    });
  }

  it("report a code and send a message to the page, while an honest client is served [security 12]", async () => {
    const running = await startServer({ allowedOrigins: OURS });
    const { io, url, port } = running;
    const { client, socket } = await running.pair("/", { extraHeaders: { origin: OURS } });
    const told = refusalMessages(running);
    const failed = nextValue(io.engine, "connection_error");
    const answer = await askHandshake(url, { headers: { Origin: FOREIGN } });
    expect([answer.status, answer.text]).to.eql([
      403,
      '{"code":4,"message":"Pages of this origin may not connect"}',
    ]);
    const { code, message, context } = await failed;
    expect([code, message, context.name]).to.eql([4, "Forbidden", "ORIGIN_FORBIDDEN"]);
    const upgrade = await answerOfUpgrade(port, undefined, { Origin: FOREIGN });
    expect(upgrade.text).to.contain("Pages of this origin may not connect");
    expect(told.map((one) => [one.code, (one.detail as any).headers.origin])).to.eql([
      ["ORIGIN_FORBIDDEN", FOREIGN],
      ["ORIGIN_FORBIDDEN", FOREIGN],
    ]);
    expect(told[0].address).to.match(/127\.0\.0\.1|::1/);
    client.emit("hello");
    await nextValue(socket as any, "hello");
  });

  it("apply to the upgrade of a session too [security 12]", async () => {
    const running = await startServer({ allowedOrigins: OURS });
    const names = refusedNames(running.io);
    const { opened } = await openPolling(running.url);
    const target = `/socket.io/?EIO=4&transport=websocket&sid=${opened.sid}`;
    expect((await answerOfUpgrade(running.port, target, { Origin: FOREIGN })).status).to.be(400);
    expect(names).to.eql(["ORIGIN_FORBIDDEN"]);
    expect((await answerOfUpgrade(running.port, target, { Origin: OURS })).status).to.be(101);
  });

  it("apply to JSONP: script elements send no Origin, but a Referer unless the page forbids it [security 12]", async () => {
    const script = "/socket.io/?EIO=4&transport=polling&j=0";
    const running = await startServer({ allowedOrigins: OURS });
    const names = refusedNames(running.io);
    const statusFor = async (referer?: string, { url } = running) =>
      (await ask(url + script, { headers: referer === undefined ? {} : { referer } })).status;
    expect(await statusFor(`${OURS}/page`)).to.be(200);
    expect(await statusFor(`${FOREIGN}/?${OURS}`)).to.be(403);
    expect(await statusFor("no URL")).to.be(403);
    expect(await statusFor()).to.be(403);
    expect(names).to.eql(Array(3).fill("ORIGIN_FORBIDDEN"));
    expect(await statusFor(undefined, await startServer({ allowedOrigins: "*" }))).to.be(200);
    const strict = await startServer({ allowedOrigins: OURS, requireOrigin: true });
    expect(await statusFor(`${OURS}/page`, strict)).to.be(403);
  });

  it("accept a GET request of the own page, which has no Origin, also if the header is required [security 12]", async () => {
    const { url, io } = await startServer({ allowedOrigins: OURS, requireOrigin: true });
    const names = refusedNames(io);
    const statusFor = async (site: string) =>
      (await askHandshake(url, { headers: { "Sec-Fetch-Site": site } })).status;
    expect(await statusFor("same-origin")).to.be(200);
    for (const site of ["same-site", "cross-site", "none"]) {
      expect(await statusFor(site)).to.be(403);
    }
    expect(names).to.eql(Array(3).fill("ORIGIN_FORBIDDEN"));
  });

  it("accept a request without the header, unless the header is required [security 12]", async () => {
    expect(await statusesOf(await startServer({ allowedOrigins: OURS }))).to.eql(PASSES);
    expect(await statusesOf(await startServer({ allowedOrigins: OURS, requireOrigin: true }))).to.eql(
      REFUSED,
    );
    const asked: unknown[] = [];
    const allowedOrigins = (origin?: string) => asked.push(origin) > 0;
    expect(await statusesOf(await startServer({ allowedOrigins, requireOrigin: true }))).to.eql(REFUSED);
    expect(asked).to.eql([]);
  });

  it('do not match "null", as sandboxed pages send, nor a part of a name [security 12]', async () => {
    const running = await startServer({ allowedOrigins: [OURS] });
    for (const origin of [
      "null",
      "https://app.example.evil.example",
      "https://app.exampl",
      "HTTPS://APP.EXAMPLE.",
      "",
    ]) {
      expect([origin, await statusesOf(running, { Origin: origin })]).to.eql([origin, REFUSED]);
    }
  });

  const sameOrigin: Record<string, string> = {
    "https://app.example/": OURS,
    "HTTPS://App.Example": OURS,
    "https://app.example:443": OURS,
    "http://app.example:80/": "http://app.example",
    "http://localhost:3000/": "http://localhost:3000",
    "https://münchen.example": "https://xn--mnchen-3ya.example",
    "capacitor://localhost/": "capacitor://localhost",
    "file://": "file://",
    null: "null",
    "*": OURS,
  };
  for (const [given, sent] of Object.entries(sameOrigin)) {
    it(`given as ${given} accept pages of ${sent} [security 12]`, async () => {
      for (const allowedOrigins of [given, ["https://other.example", given]]) {
        const running = await startServer({ allowedOrigins });
        expect(await statusesOf(running, { Origin: sent })).to.eql(PASSES);
        expect(await statusesOf(running, { Origin: FOREIGN })).to.eql(given === "*" ? PASSES : REFUSED);
      }
    });
  }

  it("refuse when the function fails, or does not return true [security 12]", async () => {
    const failing: OriginRule[] = [
      () => {
        throw new Error("no database");
      },
      () => Promise.reject(new Error("no database")),
      () => "yes" as never,
      async () => undefined as never,
    ];
    for (const allowedOrigins of failing) {
      expect(await statusesOf(await startServer({ allowedOrigins }), { Origin: OURS })).to.eql(REFUSED);
    }
  });

  it("are checked before allowRequest and after the middleware of the engine, which still run [security 12]", async () => {
    const calls: string[] = [];
    const running = await startServer({
      allowedOrigins: OURS,
      allowRequest: (req, done) => {
        calls.push(`allowRequest ${req.headers.origin}`);
        done(null, req.headers.origin !== undefined);
      },
    });
    running.io.engine.use((req: any, _res: unknown, next: () => void) => {
      calls.push(`use ${req.headers.origin}`);
      next();
    });
    expect((await askHandshake(running.url, { headers: { Origin: FOREIGN } })).status).to.be(403);
    expect((await askHandshake(running.url, { headers: { Origin: OURS } })).status).to.be(200);
    expect((await askHandshake(running.url)).status).to.be(403);
    expect(calls).to.eql([
      `use ${FOREIGN}`,
      `use ${OURS}`,
      `allowRequest ${OURS}`,
      "use undefined",
      "allowRequest undefined",
    ]);
    // set later, it does not replace the guard
    running.io.engine.opts.allowRequest = (_req: unknown, done: any) => done(null, true);
    expect(await statusesOf(running, { Origin: FOREIGN })).to.eql(REFUSED);
  });

  it("apply to each attached HTTP server, and can be passed to attach() [security 12]", async () => {
    const [first, second] = [createServer(), createServer()];
    const io = new Server(first, { allowedOrigins: OURS });
    const one = await listen(io, first);
    io.attach(second);
    const two = await listen(io, second);
    expect(await statusesOf(one, { Origin: FOREIGN })).to.eql(REFUSED);
    expect(await statusesOf(two, { Origin: FOREIGN })).to.eql(REFUSED);
    const third = createServer();
    const three = await listen(new Server().attach(third, { allowedOrigins: OURS }), third);
    expect(await statusesOf(three, { Origin: FOREIGN })).to.eql(REFUSED);
    expect(await statusesOf(three, { Origin: OURS })).to.eql(PASSES);
  });

  it("do not apply to requests within a session: its id is a secret [security 12]", async () => {
    let asked = 0;
    const { url } = await startServer({ allowedOrigins: () => ++asked > 0 });
    const headers = { Origin: OURS };
    const polling = await openPolling(url, "EIO=4", { headers });
    await polling.join();
    expect((await ask(polling.address, { method: "POST", body: '42["x"]', headers })).status).to.be(200);
    expect(asked).to.be(1);
  });

  it("refuse WebTransport sessions, whose origin is unknown [security 12, 13]", async () => {
    const { io } = await startServer({ allowedOrigins: OURS });
    let closed = 0;
    const session = { close: () => closed++ };
    const told = messagesAbout((detail) => detail === session);
    await io.engine.onWebTransportSession(session as never);
    expect(closed).to.be(1);
    expect(told.map(({ code }) => code)).to.eql(["ORIGIN_FORBIDDEN"]);
  });

  it("withstand a client that resets its connection while a function is pending [security 12]", async () => {
    let decide: ((passes: boolean) => void) | undefined;
    const running = await startServer({
      allowedOrigins: (origin) =>
        origin === OURS ||
        new Promise((resolve) => {
          decide = resolve;
        }),
    });
    const asked = nextValue(running.httpServer, "upgrade");
    const answer = answerOfUpgrade(running.port, undefined, { Origin: FOREIGN });
    const req = await asked;
    req.socket.emit("error", new Error("read ECONNRESET"));
    decide?.(false);
    expect((await answer).status).to.be(400);
    expect(req.socket.listenerCount("error")).to.be(1); // the listener of the engine
    await running.pair("/", { extraHeaders: { origin: OURS } });
  });
});

describe('the option "origins" of version 2', () => {
  const forms: Record<string, unknown> = {
    "*:*": "*:*",
    "*": "*",
    "a list in a text": "http://a.example:* http://b.example:*",
    "a list": ["http://a.example:80"],
    "a function with a callback": (_origin: string, callback: (error: null, allowed: boolean) => void) =>
      callback(null, true),
  };
  for (const [kind, origins] of Object.entries(forms)) {
    it(`is ignored as ${kind}: pages of all origins can connect [security 12]`, async () => {
      const running = await startServer({ origins } as object);
      expect(await statusesOf(running, { Origin: FOREIGN })).to.eql(PASSES);
    });
  }
});
