import expect from "expect.js";
import * as v from "valibot";
import * as z from "zod";
import { asyncapi } from "../../../lib/contract/asyncapi";
import { contract, type StandardSchemaV1 } from "../../../lib/contract/contract";

const info = { title: "Chat", version: "1.0.0" };

/** An ES module only. */
const arktype = () => import("arktype");

/** The document as it is written. */
const written = (...args: Parameters<typeof asyncapi>): any => JSON.parse(JSON.stringify(asyncapi(...args)));

/** The error that a call throws. */
function failureOf(...args: unknown[]): { code?: string; message: string; cause?: any } {
  try {
    asyncapi(...(args as Parameters<typeof asyncapi>));
  } catch (error) {
    return error as Error;
  }
  throw new Error("no error was thrown");
}

/** The payload of an event with these arguments. */
const payloadOf = (...args: StandardSchemaV1[]) =>
  written(contract({ clientToServer: { one: { args } } }), info).channels.root.messages["clientToServer.one"]
    .payload;

/** The value to which a reference in the document refers. */
function referred(document: any, { $ref }: { $ref: string }): any {
  return $ref
    .slice("#/".length)
    .split("/")
    .reduce((value, key) => value[key], document);
}

const chat = contract({
  clientToServer: {
    message: {
      args: [z.object({ text: z.string().max(500).trim() })],
      ack: z.object({ id: z.string() }),
      description: "Sends a message to *all* members.",
    },
    leave: {},
  },
  serverToClient: { message: { args: z.string() }, whoami: { ack: z.string() } },
  serverToServer: { reload: {} },
  auth: z.object({ token: z.string(), language: z.string().default("en") }),
});

describe("asyncapi()", () => {
  it("describes the namespace as a channel, with a message for each event of clients and each of the server", () => {
    const { asyncapi: version, info: described, channels, defaultContentType } = written(chat, info);
    expect([version, described, defaultContentType]).to.eql(["3.0.0", info, "application/json"]);
    expect(Object.keys(channels)).to.eql(["root"]);
    expect(channels.root.address).to.be("/");
    expect(Object.keys(channels.root.messages)).to.eql([
      "auth",
      "auth.refused",
      "clientToServer.message",
      "clientToServer.message.ack",
      "clientToServer.leave",
      "serverToClient.message",
      "serverToClient.whoami",
      "serverToClient.whoami.ack",
    ]);
    const { name, title, description, payload } = channels.root.messages["clientToServer.message"];
    expect([name, title, description]).to.eql(["message", "message", "Sends a message to *all* members."]);
    expect(payload).to.eql({
      type: "array",
      items: [
        { type: "object", properties: { text: { type: "string", maxLength: 500 } }, required: ["text"] },
      ],
      additionalItems: false,
      minItems: 1,
      maxItems: 1,
    });
    expect(channels.root.messages["clientToServer.leave"].payload).to.eql({ type: "array", maxItems: 0 });
  });

  it("takes the point of view of the server: it receives events of clients, and replies", () => {
    const document = written(chat, info);
    const { operations } = document;
    expect(Object.entries(operations).map(([key, { action }]: [string, any]) => [key, action])).to.eql([
      ["auth", "receive"],
      ["clientToServer.message", "receive"],
      ["clientToServer.leave", "receive"],
      ["serverToClient.message", "send"],
      ["serverToClient.whoami", "send"],
    ]);
    for (const operation of Object.values<any>(operations)) {
      expect(referred(document, operation.channel)).to.be(document.channels.root);
      for (const reference of [...operation.messages, ...(operation.reply?.messages ?? [])]) {
        expect(referred(document, reference).payload).to.be.an("object");
      }
    }
    const { reply } = operations["clientToServer.message"];
    expect(reply.messages).to.eql([{ $ref: "#/channels/root/messages/clientToServer.message.ack" }]);
    expect(operations["clientToServer.leave"]).not.to.have.property("reply");
  });

  it("describes the auth data as the client sends them: a default makes a member optional", () => {
    const { auth } = written(chat, info).channels.root.messages;
    expect(auth.payload).to.eql({
      type: "object",
      properties: { token: { type: "string" }, language: { default: "en", type: "string" } },
      required: ["token"],
    });
  });

  it("describes results and the declared errors as the replies", () => {
    const game = contract({
      answers: "result",
      clientToServer: { join: { args: z.string(), ack: z.object({ members: z.number() }) } },
      serverToClient: { whoami: { ack: z.string() } },
      errors: { ROOM_FULL: z.object({ max: z.number() }), CLOSED: z.undefined().optional() },
    });
    const document = written(game, info, { onMissing: "any" });
    const replies = document.operations["clientToServer.join"].reply.messages.map((one: any) =>
      referred(document, one),
    );
    expect(replies.map(({ title }: any) => title)).to.eql([
      "join: acknowledgement",
      "ROOM_FULL",
      "CLOSED",
      "INVALID_PAYLOAD",
      "HANDLER_ERROR",
    ]);
    const [value, full, closed] = replies.map(({ payload }: any) => payload.items[0]);
    expect(value.required).to.eql(["value"]);
    expect(value.properties.value.properties).to.eql({ members: { type: "number" } });
    expect(full.properties.error.properties.code).to.eql({ const: "ROOM_FULL" });
    expect(full.properties.error.required).to.eql(["code", "data"]);
    expect(closed.properties.error.required).to.eql(["code"]);
    expect(document.operations["serverToClient.whoami"].reply.messages.length).to.be(1);
  });

  it("knows which arguments may be left out", () => {
    const text = z.string();
    expect(payloadOf(text, text.optional())).to.have.property("minItems", 1);
    expect(payloadOf(text.optional(), text)).to.have.property("minItems", 2);
    expect(payloadOf(text.optional(), text.default("a"))).to.have.property("minItems", 0);
    // asynchronous
    const late = text.refine(async (value) => value !== "wrong").optional();
    expect(payloadOf(text, late)).to.have.property("maxItems", 2);
  });

  it("describes several namespaces, with their parameters", () => {
    const document = written({ "/": chat, admin: contract({}), "/room-{number}": chat }, info);
    const { channels, operations } = document;
    expect(Object.entries<any>(channels).map(([key, { address }]) => [key, address])).to.eql([
      ["root", "/"],
      ["admin", "/admin"],
      ["room-_number_", "/room-{number}"],
    ]);
    expect(channels["room-_number_"].parameters).to.eql({ number: {} });
    expect(operations).to.have.property("clientToServer.message");
    expect(operations["room-_number_.clientToServer.message"].channel).to.eql({
      $ref: "#/channels/room-_number_",
    });
  });

  it("gives each part a key of its own, whatever the names are", () => {
    const names = ["message", "message.ack", "a b", "a/b", "__proto__", "ü"];
    const clientToServer = Object.fromEntries(names.map((name) => [name, { ack: z.string() }]));
    const document = written({ "/": contract({ clientToServer }), "/__proto__": chat, "/root": chat }, info);
    expect(Object.keys(document.channels)).to.eql(["root", "__proto__", "root_2"]);
    const { messages } = document.channels.root;
    expect(Object.keys(messages).length).to.be(2 * names.length);
    const described = Object.values<any>(messages).map(({ name }) => name);
    expect(described.filter((name) => names.includes(name))).to.eql(names);
    const keys = Object.values<any>(document.operations).map((operation) => operation.messages[0].$ref);
    expect(new Set(keys).size).to.be(keys.length);
  });

  it("moves schemas that refer to themselves, and named ones, to the components, each once", async () => {
    interface Comment {
      text: string;
      answers: Comment[];
    }
    const Comment: z.ZodType<Comment> = z.object({
      text: z.string(),
      get answers() {
        return z.array(Comment);
      },
    });
    const Person = z.object({ name: z.string() }).meta({ id: "Person" });
    const { type } = await arktype();
    const tree = type({ value: "number", "branches?": "this[]" });
    const document = written(
      contract({
        clientToServer: {
          comment: { args: [Comment] },
          hire: { args: [Person, z.array(Person)] },
          fire: { args: z.object({ who: Person }) },
          plant: { args: [tree] },
        },
      }),
      info,
    );
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref as string);
    for (const $ref of refs) {
      expect([$ref, typeof referred(document, { $ref })]).to.eql([$ref, "object"]);
    }
    expect(Object.keys(document.components.schemas)).to.contain("Person");
    expect(Object.keys(document.components.schemas)).not.to.contain("Person_2");
    expect(JSON.stringify(document)).not.to.contain('"definitions"');
    const { payload } = document.channels.root.messages["clientToServer.fire"];
    expect(payload.items[0].properties.who).to.eql({ $ref: "#/components/schemas/Person" });
  });

  it("finds the definitions whose names have characters that references escape", () => {
    for (const id of ["a/b", "a~b", "~1", "a b", "50%"]) {
      const document = written(
        contract({ clientToServer: { hire: { args: z.object({ who: z.object({}).meta({ id }) }) } } }),
        info,
      );
      const { who } = document.channels.root.messages["clientToServer.hire"].payload.items[0].properties;
      expect(referred(document, who).type).to.be("object");
    }
    const escaped = { definitions: { "a b": { const: 1 } }, $ref: "#/definitions/a%20b" };
    const one = contract({ clientToServer: { one: { args: z.string() } } });
    const document = written(one, info, { toJsonSchema: () => escaped });
    const [item] = document.channels.root.messages["clientToServer.one"].payload.items;
    expect(referred(document, item)).to.eql({ const: 1 });
  });

  it("keeps different definitions with the same name apart", () => {
    const given = (text: string) => ({
      definitions: { Same: { const: text }, "a/b": true },
      $ref: "#/definitions/Same",
      default: { $ref: "#/definitions/Same" },
    });
    const schemas = written(
      contract({ clientToServer: { a: { args: [z.string(), z.number()], ack: z.string() } } }),
      info,
      { toJsonSchema: (_schema, place) => given(place.endsWith("[1]") ? "other" : "same") },
    );
    expect(schemas.components.schemas).to.eql({ Same: { const: "same" }, Same_2: { const: "other" } });
    const { items } = schemas.channels.root.messages["clientToServer.a"].payload;
    expect(items.map(({ $ref }: any) => $ref)).to.eql([
      "#/components/schemas/Same",
      "#/components/schemas/Same_2",
    ]);
    // data, not a reference
    expect(items[0].default.$ref).to.be("#/definitions/Same");
  });

  it("asks schemas of arktype themselves, and those of valibot through an option", async () => {
    const { type } = await arktype();
    const pet = type({ name: "string <= 3", "age?": "number" });
    expect(payloadOf(pet).items[0].properties.name).to.eql({ type: "string", maxLength: 3 });
    const owner = v.object({ name: v.string() });
    const own = contract({ clientToServer: { one: { args: [owner, pet] } } });
    const places: string[] = [];
    const { payload } = written(own, info, {
      toJsonSchema(schema, place) {
        places.push(place);
        return (schema as unknown) === owner ? { type: "object" } : undefined;
      },
    }).channels.root.messages["clientToServer.one"];
    expect(payload.items[0]).to.eql({ type: "object" });
    expect(payload.items[1].type).to.be("object");
    expect(places).to.eql(["clientToServer.one.args[0]", "clientToServer.one.args[1]"]);
  });

  it("throws NO_JSON_SCHEMA with the place of the schema that gives none", () => {
    const own = (schema: StandardSchemaV1) =>
      failureOf({ "/a": contract({ serverToClient: { one: { args: [z.string(), schema] } } }) }, info);
    const none = own(v.string());
    expect([none.code, none.message]).to.eql([
      "NO_JSON_SCHEMA",
      "The schema of serverToClient.one.args[1] in the namespace /a gives no JSON Schema: it does not implement Standard JSON Schema",
    ]);
    const date = own(z.date());
    expect(date.code).to.be("NO_JSON_SCHEMA");
    expect(date.message).to.contain(date.cause.message);
    expect(failureOf(contract({ auth: v.string() }), info).message).to.contain("of auth in the namespace /");
  });

  it('describes such a schema as any value with onMissing: "any"', () => {
    const own = contract({ clientToServer: { one: { args: [z.string(), v.string(), z.date()] } } });
    const { messages } = written(own, info, { onMissing: "any" }).channels.root;
    expect(messages["clientToServer.one"].payload.items).to.eql([{ type: "string" }, {}, {}]);
  });

  it("throws INVALID_CONTRACT or INVALID_OPTION for wrong arguments", () => {
    for (const [args, code, message] of [
      [[{}, {}], "INVALID_OPTION", '"info.title" must be a text, got undefined'],
      [[chat], "INVALID_OPTION", '"info.title" must be a text, got undefined'],
      [[chat, { title: "a", version: 1 }], "INVALID_OPTION", '"info.version" must be a text, got 1'],
      [[chat, info, { onMissing: "x" }], "INVALID_OPTION", '"onMissing" must be "throw" or "any", got "x"'],
      [
        [chat.definition, info],
        "INVALID_CONTRACT",
        'Invalid contract: "clientToServer" must be a contract, made by contract()',
      ],
      [
        [undefined, info],
        "INVALID_CONTRACT",
        'Invalid contract: "contracts" must be a contract, made by contract()',
      ],
    ] as const) {
      const error = failureOf(...args);
      expect([error.code, error.message]).to.eql([code, message]);
    }
  });

  it("has the servers of the options", () => {
    const servers = { live: { host: "example.com", protocol: "socket.io", pathname: "/socket.io/" } };
    expect(written(chat, info, { servers }).servers).to.eql(servers);
    expect(written(chat, info)).not.to.have.property("servers");
  });
});
