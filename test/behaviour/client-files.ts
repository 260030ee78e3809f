import { createServer } from "node:http";
import expect from "expect.js";
import { ask } from "../support/http";
import { listen, startServer } from "../support/server";
import { Server, subjectName } from "../support/subject";

const { version } = require(
  subjectName === "reference" ? "socket.io-reference/package.json" : "../../package.json",
);

const bundles = ["socket.io.js", "socket.io.min.js", "socket.io.msgpack.min.js", "socket.io.esm.min.js"];

/** The response of the engine to a request that is not for it. */
const UNKNOWN = { status: 400, text: '{"code":0,"message":"Transport unknown"}' };

/** Requests a path without resolving dots, which `ask(url + path)` would resolve. */
function askLiterally(url: string, path: string, headers = {}) {
  return ask(url, { path, headers });
}

describe("the browser client", () => {
  for (const bundle of bundles) {
    it(`is served as ${bundle} [11]`, async () => {
      const { url } = await startServer();
      const { status, headers, text } = await ask(`${url}/socket.io/${bundle}`);
      expect(status).to.be(200);
      expect(headers["content-type"]).to.be("application/javascript; charset=utf-8");
      expect(text).to.contain("Socket.IO v");
      expect(text).to.match(/\/\/# sourceMappingURL=\S+\.map\s*$/);
      expect(text).to.contain(`sourceMappingURL=${bundle}.map`);
    });

    it(`is served with the source map of ${bundle} [11]`, async () => {
      const { url } = await startServer();
      const { status, headers, text } = await ask(`${url}/socket.io/${bundle}.map`);
      expect(status).to.be(200);
      expect(headers["content-type"]).to.be("application/json; charset=utf-8");
      expect(JSON.parse(text).sources.length).to.be.above(10);
    });
  }

  it("is served with any query [11]", async () => {
    const { url } = await startServer();
    for (const query of ["?", "?v=1", "?a/b", "?file=socket.io.min.js.map", "?/../package.json"]) {
      const { status, headers } = await ask(`${url}/socket.io/socket.io.js${query}`);
      expect([query, status]).to.eql([query, 200]);
      expect(headers["content-type"]).to.be("application/javascript; charset=utf-8");
    }
  });

  it("is served below the path of the server only [11]", async () => {
    const httpServer = createServer((_req, res) => res.end("mine"));
    const { url } = await listen(new Server(httpServer, { path: "/chat" }), httpServer);
    expect((await ask(`${url}/chat/socket.io.js`)).text).to.contain("Socket.IO v");
    for (const path of [
      "/socket.io.js",
      "/socket.io/socket.io.js",
      "/a/chat/socket.io.js",
      "//chat/socket.io.js",
      "/else/socket.io.js?/chat/",
    ]) {
      expect([path, (await askLiterally(url, path)).text]).to.eql([path, "mine"]);
    }
  });
});

describe("requests for other files", () => {
  const others = {
    "another file of its folder": ["package.json", ""],
    "a bundle that is not built": ["socket.io.slim.js", "socket.io.msgpack.js", "socket.io.esm.js"],
    "a name similar to that of a bundle": ["socketXio.js", "socket.io_js", "SOCKET.IO.JS", "xsocket.io.js"],
    "a name with a suffix": ["socket.io.js/", "socket.io.js.gz", "socket.io.js.map.map", "socket.io.js%00"],
    "a name that contains an encoded query": ["socket.io.js%3Fv=1"],
    "a folder": ["dist/socket.io.js", "./socket.io.js", "/socket.io.js"],
    "a path outside the folder": [
      "../package.json",
      "../package.json?socket.io.js",
      "..%2Fpackage.json",
      "%2e%2e/package.json",
      "../../package.json",
      "..\\package.json",
      "../client-dist/socket.io.js",
    ],
  };

  for (const [what, names] of Object.entries(others)) {
    it(`${what} is not served [11]`, async () => {
      const { url } = await startServer();
      for (const name of names) {
        const { status, text } = await askLiterally(url, `/socket.io/${name}`);
        expect({ name, status, text }).to.eql({ name, ...UNKNOWN });
      }
    });
  }

  it("nothing is served for names of properties of Object.prototype [11]", async () => {
    const { url } = await startServer();
    for (const name of ["constructor", "__proto__", "toString"]) {
      expect((await ask(`${url}/socket.io/${name}`)).status).to.be(400);
    }
  });
});

describe("serveClient: false", () => {
  it("answers requests for the files with status 400 [11]", async () => {
    const { io, url } = await startServer({ serveClient: false });
    expect(io.serveClient()).to.be(false);
    for (const bundle of bundles) {
      for (const name of [bundle, `${bundle}.map`]) {
        const { status, text } = await ask(`${url}/socket.io/${name}`);
        expect({ status, text }).to.eql(UNKNOWN);
      }
    }
  });

  it("serves Socket.IO clients as before [11]", async () => {
    const { pair } = await startServer({ serveClient: false });
    await pair();
  });
});

describe("the version of the browser client", () => {
  it("is in the ETag: it is the version of the package [12]", async () => {
    const { url } = await startServer();
    const { headers } = await ask(`${url}/socket.io/socket.io.js`);
    expect(headers.etag).to.be(`"${version}"`);
    expect(headers["cache-control"]).to.be("public, max-age=0");
  });

  it("is the same for all files [12]", async () => {
    const { url } = await startServer();
    for (const bundle of bundles) {
      for (const name of [bundle, `${bundle}.map`]) {
        const { headers } = await ask(`${url}/socket.io/${name}`);
        expect([name, headers.etag]).to.eql([name, `"${version}"`]);
      }
    }
  });

  it("in If-None-Match results in 304 [12]", async () => {
    const { url } = await startServer();
    for (const etag of [`"${version}"`, `W/"${version}"`]) {
      const headers = { "If-None-Match": etag, "Accept-Encoding": "gzip" };
      const answer = await ask(`${url}/socket.io/socket.io.js`, { headers });
      expect([etag, answer.status, answer.bytes.length]).to.eql([etag, 304, 0]);
      expect(answer.headers["content-encoding"]).to.be(undefined);
      expect(answer.headers["content-type"]).to.be(undefined);
    }
  });

  it("that differs from If-None-Match results in the file [12]", async () => {
    const { url } = await startServer();
    for (const etag of ['"0.0.0"', 'W/"0.0.0"', version, `"${version}-rc"`, "*"]) {
      const answer = await ask(`${url}/socket.io/socket.io.min.js`, { headers: { "If-None-Match": etag } });
      expect([etag, answer.status]).to.eql([etag, 200]);
      expect(answer.bytes.length).to.be.above(10000);
    }
  });
});
