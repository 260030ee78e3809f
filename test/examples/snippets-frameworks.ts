/** The ways to start a server in docs/starting.md, each with the real framework and a real client. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import expect from "expect.js";
import { runExample } from "../support/examples";
import { root, runNode } from "../support/repository";
import { type ClientOptions, connectClient } from "../support/server";
import { nextEvent } from "../support/waiting";

/** Connects, sends "hello" and resolves with the server's answer. */
async function hello(url: string, options: ClientOptions): Promise<string> {
  const client = connectClient(url, { reconnection: false, ...options });
  const refused = nextEvent<[Error]>(client, "connect_error").then(([error]) => Promise.reject(error));
  return Promise.race([client.emitWithAck("hello", "Ada"), refused]);
}

describe("a server in docs/starting.md", () => {
  const page = { status: 200, text: /^Hello over HTTP\n?$/ };
  const notFound = { status: 404, text: /^$/ };
  const servers = [
    { file: "http/index.js", title: "beside a plain HTTP server [1, 7]", get: page },
    { file: "standalone/index.js", title: "from new Server(port) [1, 4]", get: notFound },
    { file: "standalone/listen.js", title: "from io.listen(port) [2, 4]", get: notFound },
    { file: "esm/index.mjs", title: "from an ES module [1]" },
    { file: "callable/index.js", title: "from the callable main export [1]" },
    { file: "express/index.js", title: "beside Express [1, 7]", get: page },
    { file: "koa/index.js", title: "beside Koa [1, 7]", get: page },
    { file: "fastify/index.js", title: "beside Fastify [1, 7]", get: page },
  ];

  for (const { file, title, get } of servers) {
    it(`answers a client ${title}`, async () => {
      const { url } = await runExample(file);
      expect(await hello(url, { transports: ["polling"] })).to.be("Hello, Ada!");
      expect(await hello(url, { transports: ["websocket"] })).to.be("Hello, Ada!");
      if (get) {
        const response = await fetch(url);
        expect(response.status).to.be(get.status);
        expect(await response.text()).to.match(get.text);
      }
    });
  }

  it("answers the client program of the page", async () => {
    const { url } = await runExample("standalone/index.js");
    const { code, output } = await runNode([join(root, "examples/standalone/client.mjs"), url]);
    expect({ code, output }).to.eql({ code: 0, output: "Hello, Ada!\n" });
  });

  for (const file of ["https/index.js", "https/http2.js"]) {
    it(`answers a client from ${file} over TLS [2, 26]`, async () => {
      const { url } = await runExample(file);
      expect(url).to.match(/^https:/);
      const ca = readFileSync(join(root, "examples/https/cert.pem"), "utf8");
      for (const transport of ["polling", "websocket"]) {
        expect(await hello(url, { transports: [transport], ca })).to.be("Hello, Ada! Secure: true");
      }
    });
  }
});
