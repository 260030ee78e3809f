/** The declarations of the package, and those that a compiler writes for a program that exports what the package returns. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import expect from "expect.js";
import { ownSuite } from "../support/own-tests";
import { install, type Packed, pack, removeDirectory } from "../support/published";
import { programOf, runNode } from "../support/repository";

const PROGRAM = `
import { Server } from "socket.io";
import { contract } from "socket.io/contract";
import * as z from "zod";

export const chat = contract({
  clientToServer: { typing: { args: [z.boolean()] }, join: { args: z.string(), ack: z.number() } },
  serverToClient: { news: { args: z.string() }, ask: { ack: z.number() } },
  serverToServer: { reload: { ack: z.boolean() } },
});
const signal = AbortSignal.timeout(1);
export const io = new Server({ contract: chat });
export const untyped = new Server();
export const nsp = io.of("/admin", { contract: chat });
export const parent = untyped.of(/^\\/room-/);
export const operators = [io.withSignal(signal), io.to("a"), io.timeout(1), untyped.withSignal(signal)] as const;
export const ofNamespace = [nsp.withSignal(signal), nsp.except("a"), nsp.local.volatile, parent.to("a")] as const;
export const answers = [
  io.timeout(1).emitWithAck("ask"),
  io.timeout(1).emitWithAckIterator("ask"),
  io.serverSideEmitWithAck("reload"),
  io.withSignal(signal).serverSideEmitWithAck("reload"),
] as const;
export const remote = () => io.fetchSockets();
export const closed = () => io.close({ drain: {} });
export const [socket] = [...io.sockets.sockets.values()];
export const ofSocket = socket && ([socket.to("a"), socket.timeout(1), socket.withSignal(signal), socket.broadcast] as const);
`;

const PLAIN_PROGRAM = `
import { Server } from "socket.io";

export const io = new Server();
`;

ownSuite("the declarations of a program", () => {
  let packed: Packed;

  before(async () => {
    packed = await pack();
    install(packed, ["@types", "zod"]);
    writeFileSync(join(packed.directory, "program.mts"), PROGRAM);
  });

  after(() => packed && removeDirectory(packed.directory));

  for (const compiler of ["typescript", "typescript-5.9"]) {
    it(`can be written by ${compiler}, without socket.io-client: each type has a name that programs can import [82]`, async () => {
      const options = ["--declaration", "--emitDeclarationOnly", "--strict", "--skipLibCheck"];
      const modules = ["--module", "nodenext", "--target", "es2023", "--types", "node"];
      const { stdout } = await runNode(
        [programOf(compiler, "tsc"), ...options, ...modules, "program.mts"],
        packed.directory,
      );
      expect(stdout).to.be("");
    });
  }

  it("are checked without an error in a program without esModuleInterop and skipLibCheck", async () => {
    writeFileSync(join(packed.directory, "plain.cts"), PLAIN_PROGRAM);
    const options = ["--noEmit", "--strict", "--skipLibCheck", "false", "--esModuleInterop", "false"];
    const modules = ["--module", "commonjs", "--target", "es2020", "--types", "node"];
    const { stdout } = await runNode(
      [programOf("typescript-5.9", "tsc"), ...options, ...modules, "plain.cts"],
      packed.directory,
    );
    expect(stdout).to.be("");
  });
});
