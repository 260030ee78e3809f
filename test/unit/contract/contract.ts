import expect from "expect.js";
import * as z from "zod";
import { contract, isContract, isContractError } from "../../../lib/contract/contract";

/** The error that a definition causes. */
function errorOf(definition: unknown): { code?: string; message: string } {
  try {
    contract(definition as never);
  } catch (error) {
    return error as Error;
  }
  throw new Error("the definition was accepted");
}

describe("contract()", () => {
  it("returns a frozen contract with the schemas in lists", () => {
    const text = z.string();
    const made = contract({ clientToServer: { one: { args: text }, none: {}, two: { args: [text, text] } } });
    expect(isContract(made)).to.be(true);
    expect(Object.isFrozen(made)).to.be(true);
    const { one, none, two } = made.definition.clientToServer as any;
    expect(one.args).to.eql([text]);
    expect(none.args).to.eql([]);
    expect(two.args.length).to.be(2);
    for (const part of [made.definition, made.definition.clientToServer, one, one.args]) {
      expect(Object.isFrozen(part)).to.be(true);
    }
  });

  it("accepts schemas that are functions, as those of arktype", () => {
    const schema = Object.assign(() => true, {
      "~standard": { version: 1, vendor: "test", validate: (value: unknown) => ({ value }) },
    } as const);
    expect(isContract(contract({ clientToServer: { one: { args: schema } }, auth: schema }))).to.be(true);
  });

  const text = z.string();
  const wrong: [what: string, definition: unknown, message: RegExp][] = [
    ["no object", undefined, /The definition must be an object/],
    ["a schema in place of the definition", text, /The definition must be an object/],
    [
      "an unknown member",
      { clientToServers: {} },
      /no member "clientToServers": choose from clientToServer, /,
    ],
    ["a list of events", { clientToServer: [] }, /clientToServer must be an object/],
    ["a schema in place of an event", { clientToServer: { a: text } }, /clientToServer\.a must be an object/],
    [
      "an unknown member of an event",
      { clientToServer: { a: { arg: text } } },
      /clientToServer\.a has no member "arg"/,
    ],
    [
      "an argument that is no schema",
      { serverToClient: { a: { args: [text, "string"] } } },
      /serverToClient\.a\.args\[1\] must be a schema/,
    ],
    [
      "an acknowledgement that is no schema",
      { serverToClient: { a: { ack: String } } },
      /serverToClient\.a\.ack must be a schema/,
    ],
    [
      "an error that is no schema",
      { answers: "result", errors: { FULL: {} } },
      /errors\.FULL must be a schema/,
    ],
    ["auth that is no schema", { auth: { token: text } }, /auth must be a schema/],
    [
      "a schema of another version",
      { auth: { "~standard": { version: 2, validate() {} } } },
      /Standard Schema 1/,
    ],
    [
      "a reserved name of clients",
      { clientToServer: { connect: {} } },
      /clientToServer\.connect: the name of the event is reserved/,
    ],
    ["the event error of sockets", { clientToServer: { error: {} } }, /reserved/],
    ["a reserved name of the server", { serverToClient: { disconnect: {} } }, /reserved/],
    ["a reserved name between servers", { serverToServer: { connection: {} } }, /reserved/],
    ["other answers", { answers: "json" }, /"answers" must be "plain" or "result"/],
    ["errors with plain answers", { errors: { FULL: text } }, /"errors" needs answers: "result"/],
  ];
  for (const [what, definition, message] of wrong) {
    it(`throws INVALID_CONTRACT for ${what}`, () => {
      const error = errorOf(definition);
      expect(error.code).to.be("INVALID_CONTRACT");
      expect(error.message).to.match(message);
    });
  }

  it("takes a name like __proto__ for the name of an event", () => {
    const events = JSON.parse('{ "__proto__": {}, "constructor": {} }');
    const { clientToServer } = contract({ clientToServer: events }).definition;
    expect(Object.keys(clientToServer as object)).to.eql(["__proto__", "constructor"]);
  });

  it("makes the errors that it declares, and no others", () => {
    const chat = contract({ answers: "result", errors: { FULL: z.object({ max: z.number() }) } });
    const error = chat.error("FULL", { max: 3 });
    expect(error).to.be.an(Error);
    expect(isContractError(error)).to.be(true);
    expect([error.code, error.data]).to.eql(["FULL", { max: 3 }]);
    expect(() => (chat as any).error("EMPTY")).to.throwException(/"errors" has no code "EMPTY"/);
    expect(isContractError({ code: "FULL" })).to.be(false);
  });

  it("is recognised by a second copy of the library", () => {
    const path = require.resolve("../../../lib/contract/contract");
    const cached = require.cache[path];
    delete require.cache[path];
    const copy = require(path) as typeof import("../../../lib/contract/contract");
    require.cache[path] = cached;
    expect(copy.isContract).not.to.be(isContract);
    expect(isContract(copy.contract({}))).to.be(true);
  });
});
