/** AsyncAPI documents of contracts, read by the parser of AsyncAPI. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Parser } from "@asyncapi/parser";
import Ajv from "ajv";
import expect from "expect.js";
import { contract } from "socket.io/contract";
import { asyncapi } from "socket.io/contract/asyncapi";
import * as z from "zod";
import { onTestEnd } from "../support/cleanup";
import { root, runNode } from "../support/repository";
import { tested } from "./support/tested";

/** Severities of the parser: error, warning, information, hint. */
const WARNING = 1;

/** Reads a document, which must have neither errors nor warnings. */
async function read(text: string) {
  const { document, diagnostics } = await new Parser().parse(text);
  const problems = diagnostics.filter(({ severity }) => severity <= WARNING);
  expect(problems.map(({ path, message }) => `${path.join(".")}: ${message}`)).to.eql([]);
  if (!document) {
    throw new Error("the parser has returned no document");
  }
  return document;
}

/** Runs the example, and returns the document that it writes. */
async function runExample(library: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "socket.io-asyncapi-"));
  onTestEnd(() => rm(folder, { recursive: true }));
  const { code, output } = await runNode([join(root, "examples/contract/document.mjs"), folder, library]);
  expect([code, output]).to.eql([0, ""]);
  return readFile(join(folder, "asyncapi.json"), "utf8");
}

tested({ area: "Tools", name: "AsyncAPI", packages: ["@asyncapi/parser"] }, () => {
  for (const library of ["zod", "valibot", "arktype"]) {
    it(`reads the document of the example with a contract, with the schemas of ${library}`, async () => {
      const document = await read(await runExample(library));
      expect(
        document
          .channels()
          .all()
          .map((channel) => channel.address()),
      ).to.eql(["/"]);
      const received = document.operations().filterByReceive();
      expect(received.map((operation) => operation.id())).to.eql([
        "auth",
        "clientToServer.join",
        "clientToServer.message",
        "clientToServer.typing",
      ]);
      const replies = received[1]?.reply()?.messages().all() ?? [];
      expect(replies.map((message) => message.title())).to.eql([
        "join: acknowledgement",
        "ROOM_FULL",
        "INVALID_PAYLOAD",
        "HANDLER_ERROR",
      ]);
      const [message] = received[2]?.messages().all() ?? [];
      const payload: any = message?.payload()?.json();
      expect(payload.items[0].properties.text.type).to.be("string");
    });
  }

  for (const library of ["zod", "valibot", "arktype"]) {
    it(`describes what is sent, for a validator of JSON Schema, with the schemas of ${library}`, async () => {
      const ajv = new Ajv({ strict: false });
      ajv.addSchema({ $id: "chat", ...JSON.parse(await runExample(library)) });
      const accepts = (message: string, payload: unknown) =>
        ajv.getSchema(`chat#/channels/root/messages/${message}/payload`)?.(payload);
      const issues = [{ path: [0, "text"], message: "wrong" }];
      for (const [message, payload] of [
        ["clientToServer.message", [{ room: "a", text: "b" }]],
        ["clientToServer.message.ack", [{ value: { id: "1" } }]],
        ["errors.ROOM_FULL", [{ error: { code: "ROOM_FULL", data: { max: 3 } } }]],
        ["errors.INVALID_PAYLOAD", [{ error: { code: "INVALID_PAYLOAD", issues } }]],
        ["auth", { token: "secret" }],
        ["auth.refused", { message: "wrong", data: { code: "INVALID_AUTH", issues } }],
        ["serverToClient.whoami", []],
      ] as const) {
        expect([message, accepts(message, payload)]).to.eql([message, true]);
      }
      for (const [message, payload] of [
        ["clientToServer.message", []],
        ["clientToServer.message", [{ room: "a" }]],
        ["clientToServer.message", [{ room: "a", text: "b" }, 1]],
        ["errors.ROOM_FULL", [{ error: { code: "ROOM_FULL" } }]],
        ["auth", {}],
        ["serverToClient.whoami", [1]],
      ] as const) {
        expect([message, accepts(message, payload)]).to.eql([message, false]);
      }
    });
  }

  it("reads documents with several namespaces, named schemas, and schemas that refer to themselves", async () => {
    const Tree = z.object({
      value: z.number(),
      get branches() {
        return z.array(Tree);
      },
    });
    const Person = z.object({ name: z.string() }).meta({ id: "Person" });
    const garden = contract({
      clientToServer: { plant: { args: [Tree, Person], ack: Person }, "a/b ü": {} },
      serverToClient: { grown: { args: z.array(Tree) }, "a/b ü": { args: z.any() } },
    });
    const document = asyncapi(
      { "/": garden, "/garden-{number}": garden },
      { title: "Garden", version: "1.0.0" },
      { servers: { live: { host: "example.com", protocol: "socket.io", pathname: "/socket.io/" } } },
    );
    const parsed = await read(JSON.stringify(document));
    expect(parsed.channels().all().length).to.be(2);
    expect(parsed.components().schemas().get("Person")?.type()).to.be("object");
  });
});
