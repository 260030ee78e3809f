import { brotliCompressSync, brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import expect from "expect.js";
import { startCpuTime } from "../support/cpu-time";
import { honestClient } from "../support/honest-client";
import { ask } from "../support/http";
import { ownSuite } from "../support/own-tests";
import { type Running, startServer } from "../support/server";

const ORIGIN = "https://app.example";
const FILE = "/socket.io/socket.io.msgpack.min.js";

function askFor({ url }: Running, headers: Record<string, string>, method = "GET") {
  return ask(url + FILE, { headers, method });
}

describe("the encoding of the browser client", () => {
  const encodings = { br: brotliDecompressSync, gzip: gunzipSync, deflate: inflateSync };

  for (const [encoding, decode] of Object.entries(encodings)) {
    it(`is ${encoding} for clients that accept it [12]`, async () => {
      const running = await startServer();
      const { bytes, headers, status } = await askFor(running, { "Accept-Encoding": encoding });
      expect(status).to.be(200);
      expect(headers["content-encoding"]).to.be(encoding);
      expect(headers["content-type"]).to.be("application/javascript; charset=utf-8");
      const plain = await askFor(running, {});
      expect(plain.headers["content-encoding"]).to.be(undefined);
      expect(bytes.length).to.be.below(plain.bytes.length / 2);
      expect(decode(bytes).equals(plain.bytes)).to.be(true);
    });
  }

  it("is the first encoding that is supported if a client accepts several [12]", async () => {
    const running = await startServer();
    const chosen = async (accepted: string) =>
      (await askFor(running, { "Accept-Encoding": accepted }, "HEAD")).headers["content-encoding"];
    expect(await chosen("gzip, deflate, br")).to.be("gzip");
    expect(await chosen("deflate, gzip")).to.be("deflate");
    expect(await chosen("br;q=0.1, gzip;q=0.9")).to.be("gzip");
    expect(await chosen("br;q=0, *")).to.be("gzip");
    expect(await chosen("*")).to.be("br");
  });

  it("is not used for clients that accept no supported encoding [12]", async () => {
    const running = await startServer();
    for (const accepted of ["identity", "zstd", "gzip;q=0", ""]) {
      const { bytes, headers } = await askFor(running, { "Accept-Encoding": accepted });
      expect([accepted, headers["content-encoding"]]).to.eql([accepted, undefined]);
      expect(bytes.toString()).to.contain("Socket.IO v");
    }
  });

  it("applies to source maps [12]", async () => {
    const { url } = await startServer();
    const headers = { "Accept-Encoding": "gzip" };
    const { bytes } = await ask(`${url}/socket.io/socket.io.min.js.map`, { headers });
    expect(JSON.parse(gunzipSync(bytes).toString()).version).to.be(3);
  });
});

ownSuite("the compressed browser client", () => {
  it("is compressed once, for concurrent requests too [security 32]", async () => {
    const running = await startServer();
    const isServed = await honestClient(running);
    const url = `${running.url}/socket.io/socket.io.esm.min.js.map`;
    const plain = await ask(url);
    const compressing = startCpuTime();
    brotliCompressSync(plain.bytes);
    const once = compressing();
    // 40 requests need less CPU time than a few compressions
    const serving = startCpuTime();
    for (let round = 0; round < 2; round++) {
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => ask(url, { headers: { "Accept-Encoding": "br" } })),
      );
      for (const { bytes, headers } of answers) {
        expect(headers["content-length"]).to.be(String(bytes.length));
        expect(brotliDecompressSync(bytes).equals(plain.bytes)).to.be(true);
      }
      await isServed();
    }
    expect(serving()).to.be.below(10 * once);
  });
});

describe("a HEAD request for the browser client", () => {
  it("returns the headers of the file and no body [12]", async () => {
    const running = await startServer();
    const got = await askFor(running, {});
    const { bytes, headers, status } = await askFor(running, {}, "HEAD");
    expect(status).to.be(200);
    expect(bytes.length).to.be(0);
    for (const name of ["etag", "cache-control", "content-type"]) {
      expect([name, headers[name]]).to.eql([name, got.headers[name]]);
    }
  });
});

describe("the browser client on pages of other origins", () => {
  it("is served without CORS headers, unless cors is set [12, 19]", async () => {
    const { headers } = await askFor(await startServer(), { Origin: ORIGIN });
    expect(Object.keys(headers).filter((name) => name.startsWith("access-control-"))).to.eql([]);
    expect(headers.vary).to.be(undefined);
  });

  it("is served with the CORS headers of the cors option [12, 19]", async () => {
    const running = await startServer({ cors: { origin: ORIGIN, credentials: true } });
    for (const method of ["GET", "HEAD"]) {
      const { headers, status } = await askFor(running, { Origin: ORIGIN }, method);
      expect(status).to.be(200);
      expect(headers["access-control-allow-origin"]).to.be(ORIGIN);
      expect(headers["access-control-allow-credentials"]).to.be("true");
      expect(headers.vary).to.be("Origin");
    }
  });

  it("is served with CORS headers in a 304 response too [12, 19]", async () => {
    const running = await startServer({ cors: { origin: ORIGIN } });
    const { headers } = await askFor(running, {});
    const again = await askFor(running, { Origin: ORIGIN, "If-None-Match": headers.etag as string });
    expect(again.status).to.be(304);
    expect(again.headers["access-control-allow-origin"]).to.be(ORIGIN);
  });

  it("supports preflight requests [12, 19]", async () => {
    const running = await startServer({ cors: { origin: ORIGIN, methods: ["GET", "POST"] } });
    const headers = { Origin: ORIGIN, "Access-Control-Request-Method": "GET" };
    const answer = await askFor(running, headers, "OPTIONS");
    expect(answer.status).to.be(204);
    expect(answer.headers["access-control-allow-origin"]).to.be(ORIGIN);
    expect(answer.headers["access-control-allow-methods"]).to.be("GET,POST");
    expect(answer.bytes.length).to.be(0);
  });

  it("may be available to all origins [12, 19]", async () => {
    const { headers } = await askFor(await startServer({ cors: { origin: "*" } }), { Origin: ORIGIN });
    expect(headers["access-control-allow-origin"]).to.be("*");
  });

  it("accepts a function that decides for each request [12, 19]", async () => {
    const running = await startServer({
      cors: (req: any, done: any) => done(null, { origin: req.headers.origin === ORIGIN ? ORIGIN : false }),
    } as any);
    expect((await askFor(running, { Origin: ORIGIN })).headers["access-control-allow-origin"]).to.be(ORIGIN);
    const { headers } = await askFor(running, { Origin: "https://evil.example" });
    expect(headers["access-control-allow-origin"]).to.be(undefined);
  });
});
