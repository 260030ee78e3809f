/** docs/options.md lists all options with their defaults. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import expect from "expect.js";
import type { ServerOptions } from "../../lib";
import { root } from "../support/repository";
import { startServer } from "../support/server";

const page = readFileSync(join(root, "docs/options.md"), "utf8");

/** The column "Default" by option name. */
const defaults = new Map(
  [...page.matchAll(/^\| `([\w.]+)` \| [^|]+ \| ([^|]+) \|/gm)].map(([, name, text]) => [
    name as string,
    text as string,
  ]),
);

/** The value of `{ threshold: 1024 }` in backquotes; undefined for words. */
function documented(name: string): unknown {
  const [, literal] = /^`(.+)`$/.exec(defaults.get(name) ?? "") ?? [];
  return literal && JSON.parse(literal.replace(/(\w+):/g, '"$1":'));
}

/** Causes a compile error if an option is missing. */
const all: Record<keyof ServerOptions, true> = {
  ackOnDisconnect: true,
  ackTimeout: true,
  adapter: true,
  addTrailingSlash: true,
  allowEIO3: true,
  allowRequest: true,
  allowedOrigins: true,
  allowUpgrades: true,
  attachmentTimeout: true,
  cleanupEmptyChildNamespaces: true,
  connectTimeout: true,
  connectionStateRecovery: true,
  contract: true,
  cookie: true,
  cors: true,
  destroyUpgrade: true,
  destroyUpgradeTimeout: true,
  httpCompression: true,
  httpRequestBodyTimeout: true,
  initialPacket: true,
  limits: true,
  maxBufferedChunks: true,
  maxHttpBufferSize: true,
  maxPayloadDepth: true,
  onHandlerError: true,

  parser: true,
  path: true,
  perMessageDeflate: true,
  pingInterval: true,
  pingTimeout: true,
  requireOrigin: true,
  serveClient: true,
  slowConsumer: true,
  transports: true,
  trustProxy: true,
  unknownEvents: true,
  upgradeTimeout: true,
  validateOutgoing: true,
  wsEngine: true,
};

describe("docs/options.md", () => {
  it("has each option, and no others", () => {
    const listed = [...defaults.keys()].filter((name) => !name.includes("."));
    expect(listed.sort()).to.eql(Object.keys(all).sort());
  });

  it("has the defaults of the engine [13, 14, 15, 16, 17, 19]", async () => {
    const { io } = await startServer();
    const actual = { ...io.engine.opts } as Record<string, unknown>;
    delete actual.wsEngine; // it is a class
    for (const [name, value] of Object.entries(actual)) {
      expect([name, documented(name)]).to.eql([name, value]);
    }
    expect(documented("perMessageDeflate")).to.be(false);
    expect(io.engine.opts.perMessageDeflate).to.be(undefined);
  });

  it("has the defaults of the server [8, 10, 11, 21, 23]", async () => {
    const { io } = await startServer({ connectionStateRecovery: {} });
    expect(io.path()).to.be(documented("path"));
    expect(io.serveClient()).to.be(documented("serveClient"));
    expect(io.connectTimeout()).to.be(documented("connectTimeout"));
    const { connectionStateRecovery } = (io as any).opts;
    for (const name of ["maxDisconnectionDuration", "skipMiddlewares"]) {
      expect(connectionStateRecovery[name]).to.be(documented(`connectionStateRecovery.${name}`));
    }
  });
});
