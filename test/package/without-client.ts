/** The declarations in an application in which socket.io-client is not installed, and whose compiler checks all of them. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import expect from "expect.js";
import { ownSuite } from "../support/own-tests";
import { install, type Packed, pack, removeDirectory } from "../support/published";
import { programOf, runNode } from "../support/repository";

const PROGRAM = `
import { Server } from "socket.io";
import { type ClientSocket, contract } from "socket.io/contract";
import { asyncapi } from "socket.io/contract/asyncapi";
import * as legacy from "socket.io/legacy";
import * as legacyClient from "socket.io/legacy/client";
import { SocketIoInstrumentation } from "socket.io/opentelemetry";
import { ServerSentEvents } from "socket.io/server-sent-events";
import { createTestServer, waitFor } from "socket.io/testing";

interface Schema<T> {
  "~standard": { version: 1; vendor: string; types?: { input: T; output: T }; validate(value: unknown): { value: T } };
}
declare const text: Schema<string>, count: Schema<number>, flag: Schema<boolean>;

export const chat = contract({
  clientToServer: { typing: { args: flag }, join: { args: text, ack: count } },
  serverToClient: { news: { args: text } },
});
export const io = new Server({ contract: chat });
export const others = [asyncapi, legacy, legacyClient, ServerSentEvents, SocketIoInstrumentation, createTestServer, waitFor];

/** A page has loaded the client with a script. */
export async function use(socket: ClientSocket<typeof chat>): Promise<void> {
  socket.on("news", (text) => text.toUpperCase());
  socket.on("disconnect", (reason) => reason);
  socket.volatile.emit("typing", true);
  socket.timeout(1).emit("join", "a", (error, count) => [error.message, count.toFixed()]);
  (await socket.timeout(1).emitWithAck("join", "a")).toFixed();
  (await socket.emitWithAck("join", "a")).toFixed();
  // @ts-expect-error a boolean
  socket.emit("typing", "yes");
  // @ts-expect-error no such event
  socket.on("olds", () => {});
  // @ts-expect-error no such member
  socket.join("a");
}
`;

const COMPILERS = [
  ["the newest TypeScript", "typescript"],
  ["TypeScript 5.9", "typescript-5.9"],
  ["TypeScript 5.0", "typescript-5.0"],
] as const;

ownSuite("without socket.io-client and without skipLibCheck", function () {
  this.timeout(300_000);
  let packed: Packed;

  before(async () => {
    packed = await pack();
    // engine.io depends on the types
    install(packed, ["@types/cors", "@types/node", "@types/ws", "@opentelemetry/api"]);
    for (const file of ["program.mts", "program.cts"]) {
      writeFileSync(join(packed.directory, file), PROGRAM);
    }
  });

  after(() => packed && removeDirectory(packed.directory));

  for (const [title, compiler] of COMPILERS) {
    it(`${title} accepts all entry points in ES and CommonJS modules, and knows the events of a contract`, async () => {
      const { stdout } = await runNode(
        [
          programOf(compiler, "tsc"),
          ...["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--pretty", "false"],
          "--skipDefaultLibCheck", // those of the compiler only
          ...["--module", "nodenext", "--target", "es2022", "--lib", "es2023,dom", "--types", "node"],
          ...["program.mts", "program.cts"],
        ],
        packed.directory,
      );
      // the types of engine.io and of Node.js need newer compilers than 5.0
      const messages = stdout
        .split("\n")
        .filter((line) => /^(program|node_modules\/socket\.io\/)/.test(line));
      expect(messages).to.eql([]);
    });
  }
});
