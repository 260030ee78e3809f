/** The option `cors`: each response has the headers of the package cors, line by line. */
import { createServer, type RequestListener } from "node:http";
import cors from "cors";
import expect from "expect.js";
import { onTestEnd } from "../support/cleanup";
import { type Answer, ask, askUpgrade } from "../support/http";
import { listenOnFreePort, startServer } from "../support/server";
import { eventually } from "../support/waiting";
import { openPolling } from "../support/wire";

const origins: Record<string, unknown> = {
  true: true,
  "*": "*",
  "a text": "https://a.example",
  "texts, one of which is that of the request": ["https://b.example", "https://a.example"],
  "other texts": ["https://b.example"],
  "no texts": [],
  "a text and a regular expression": ["https://b.example", /a\.example$/],
  "a regular expression": /a\.example$/,
  "a function": (origin: string | undefined, done: (error: null, allowed: unknown) => void) =>
    done(null, origin !== undefined),
  false: false,
  "an empty text": "",
  undefined,
};

const others: Record<string, object> = {
  "": {},
  "credentials: true": { credentials: true },
  "credentials: false, an exposed header": { credentials: false, exposedHeaders: "X-A" },
  "credentials, exposed headers": { credentials: true, exposedHeaders: ["X-A", "X-B"], maxAge: 5 },
  "no exposed headers": { exposedHeaders: [], allowedHeaders: ["X-C"], methods: "GET" },
};

const requests: Record<string, { method: string; headers: Record<string, string> }> = {
  "GET with an origin": { method: "GET", headers: { Origin: "https://a.example" } },
  "GET without an origin": { method: "GET", headers: {} },
  "POST with an origin": { method: "POST", headers: { Origin: "https://a.example" } },
  "a preflight request": {
    method: "OPTIONS",
    headers: {
      Origin: "https://a.example",
      "Access-Control-Request-Method": "POST",
      "Access-Control-Request-Headers": "x-a,x-b",
    },
  },
};

const HANDSHAKE = "/socket.io/?EIO=4&transport=polling";

/** The header lines that cors may set, as they are sent, in their order. */
async function linesOf(url: string, request: { method: string; headers: Record<string, string> }) {
  return corsLines(request, await ask(`${url}${HANDSHAKE}`, request));
}

/** The same lines in the response to a later request of a connection, whose status has to be 200. */
async function laterLinesOf(url: string, { method, headers }: { method: string; headers: object }) {
  const wire = await openPolling(url);
  const join = () => ask(wire.address, { method: "POST", body: "40" });
  const isPost = method === "POST";
  await (isPost || join());
  const answer = await ask(wire.address, { method, headers: { ...headers }, ...(isPost && { body: "40" }) });
  expect(answer.status).to.be(200);
  return corsLines({ method }, answer);
}

function corsLines(request: { method: string }, { rawHeaders, status }: Answer): string[] {
  const lines: string[] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (/^(access-control-|vary$)/i.test(rawHeaders[i])) {
      lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`);
    }
  }
  return request.method === "OPTIONS" ? [String(status), ...lines] : lines;
}

/** Starts an HTTP server that only applies cors; resolves with its URL. */
async function startPlain(options: object, before?: RequestListener): Promise<string> {
  const apply = cors(options);
  const server = createServer((req, res) => {
    before?.(req, res);
    apply(req, res, () => res.writeHead(req.method === "OPTIONS" ? 400 : 200).end());
  });
  onTestEnd(() => server.close());
  return `http://localhost:${await listenOnFreePort(server)}`;
}

describe("the headers of the option cors", () => {
  for (const [name, origin] of Object.entries(origins)) {
    it(`are those of the package cors, with the origin ${name} [13]`, async () => {
      for (const other of Object.values(others)) {
        const options = { origin, ...other } as object;
        const [{ url }, plain] = [await startServer({ cors: options }), await startPlain(options)];
        for (const request of Object.values(requests)) {
          const lines = await linesOf(plain, request);
          expect(await linesOf(url, request)).to.eql(lines);
          if (request.method !== "OPTIONS") {
            expect(await laterLinesOf(url, request)).to.eql(lines);
          }
        }
      }
    });
  }

  it("are those of the package cors, without an origin in the options", async () => {
    const options = { credentials: true };
    const [{ url }, plain] = [await startServer({ cors: options }), await startPlain(options)];
    const lines = await linesOf(url, requests["GET with an origin"]);
    expect(lines).to.eql(await linesOf(plain, requests["GET with an origin"]));
    expect(lines).to.eql(["Access-Control-Allow-Origin: *", "Access-Control-Allow-Credentials: true"]);
  });

  it("complete a header Vary that the application has set", async () => {
    const options = { origin: true };
    const setVary: RequestListener = (_req, res) => res.setHeader("Vary", "Accept");
    const { io, url, httpServer } = await startServer({ cors: options });
    const [listener] = httpServer.listeners("request") as RequestListener[];
    httpServer.removeAllListeners("request");
    httpServer.on("request", (req, res) => {
      setVary(req, res);
      listener.call(httpServer, req, res);
    });
    expect(io.engine.clientsCount).to.be(0);
    const lines = await linesOf(url, requests["GET with an origin"]);
    expect(lines).to.eql(await linesOf(await startPlain(options, setVary), requests["GET with an origin"]));
    expect(lines).to.contain("Vary: Accept, Origin");
  });

  it("that are invalid refuse the requests", async () => {
    for (const invalid of [{ origin: "a\nb" }, { exposedHeaders: ["a\nb"] }, { exposedHeaders: "\u0100" }]) {
      const options = { origin: "https://a.example", ...invalid };
      const { url } = await startServer({ cors: options });
      const { status, text } = await ask(`${url}${HANDSHAKE}`);
      expect([status, JSON.parse(text)]).to.eql([400, { code: 3, message: "Bad request" }]);
    }
  });

  it("follow options that change while the server runs", async () => {
    const options = { origin: "https://a.example" };
    const { url } = await startServer({ cors: options });
    const request = requests["GET with an origin"];
    expect(await linesOf(url, request)).to.eql([
      "Access-Control-Allow-Origin: https://a.example",
      "Vary: Origin",
    ]);
    options.origin = "https://b.example";
    expect(await linesOf(url, request)).to.eql([
      "Access-Control-Allow-Origin: https://b.example",
      "Vary: Origin",
    ]);
  });

  it("are there with a middleware of the engine, too, which runs after them", async () => {
    const { io, url } = await startServer({ cors: { origin: true } });
    let seen: unknown;
    io.engine.use((_req: unknown, res: any, next: () => void) => {
      seen = res.getHeader("Access-Control-Allow-Origin");
      next();
    });
    const lines = await linesOf(url, requests["GET with an origin"]);
    expect(lines).to.eql(["Access-Control-Allow-Origin: https://a.example", "Vary: Origin"]);
    expect(seen).to.be("https://a.example");
  });

  it("are in the response to an upgrade", async () => {
    const { port } = await startServer({ cors: { origin: true, credentials: true } });
    const upgrade = await askUpgrade(port, "/socket.io/?EIO=4&transport=websocket", {
      Origin: "https://a.example",
    });
    await eventually(() => upgrade.received().includes("\r\n\r\n"));
    const lines = upgrade.received().toString("latin1").split("\r\n");
    const first = lines.indexOf("Access-Control-Allow-Origin: https://a.example");
    expect(lines.slice(first, first + 3)).to.eql([
      "Access-Control-Allow-Origin: https://a.example",
      "Vary: Origin",
      "Access-Control-Allow-Credentials: true",
    ]);
  });
});
