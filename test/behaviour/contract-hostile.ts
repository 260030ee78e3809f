import expect from "expect.js";
import * as v from "valibot";
import * as z from "zod";
import { contract, type StandardSchemaV1 } from "../../lib/contract/contract";
import { eventPacket } from "../fuzz/packets";
import { startGuarded } from "../support/handler-errors";
import { joinWire } from "../support/joined";
import { ownSuite } from "../support/own-tests";
import { RESERVED_EVENTS } from "../support/public-names";
import { Random } from "../support/random";
import { eventually } from "../support/waiting";

type Schemas = Record<"text" | "count" | "list" | "pair", StandardSchemaV1>;

const libraries: Record<string, () => Schemas | Promise<Schemas>> = {
  zod: () => ({
    text: z.string().max(3),
    count: z.number().int().min(0).max(99),
    list: z.array(z.number()),
    pair: z.object({ a: z.number(), b: z.string().optional() }),
  }),
  valibot: () => ({
    text: v.pipe(v.string(), v.maxLength(3)),
    count: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(99)),
    list: v.array(v.number()),
    pair: v.object({ a: v.number(), b: v.optional(v.string()) }),
  }),
  arktype: async () => {
    const { type } = await import("arktype");
    return {
      text: type("string <= 3"),
      count: type("0 <= number.integer <= 99"),
      list: type("number[]"),
      pair: type({ a: "number", "b?": "string", "+": "delete" }),
    };
  },
};

/** What handlers may receive, without any of the libraries. */
const isText = (value: unknown) => typeof value === "string" && value.length <= 3;
const isCount = (value: unknown) =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) < 100;
const isList = (value: unknown) => Array.isArray(value) && value.every((item) => typeof item === "number");
const isPair = (value: unknown) => {
  const { a, ...others } = value as { a: unknown; b?: unknown };
  const { b, ...none } = others;
  const isPlain = Object.getPrototypeOf(value) === Object.prototype;
  return (
    isPlain &&
    typeof a === "number" &&
    ["string", "undefined"].includes(typeof b) &&
    Object.keys(none).length === 0
  );
};

const expected: Record<string, ((value: unknown) => boolean)[]> = {
  echo: [isText],
  all: [isCount],
  others: [isList],
  join: [isPair],
  say: [isText, isCount],
  leave: [],
};

const SEED = Number(process.env.FUZZ_SEED ?? 20261130);
const EVENTS = 4_000;

ownSuite("random events of the fuzzer, with a contract", () => {
  for (const [library, schemas] of Object.entries(libraries)) {
    it(`are delivered if they follow the schemas of ${library}, and reported otherwise (seed ${SEED})`, async () => {
      const { text, count, list, pair } = await schemas();
      const running = await startGuarded({
        contract: contract({
          clientToServer: {
            echo: { args: text },
            all: { args: count },
            others: { args: list },
            join: { args: pair },
            say: { args: [text, count] },
            leave: {},
          },
        }),
        limits: { invalidEventsPerSecond: Number.POSITIVE_INFINITY },
      });
      const { wire, socket } = await joinWire(running);
      const heard: unknown[][] = [];
      socket.onAny((...event: unknown[]) => heard.push(event));
      const random = new Random(SEED);
      let sent = 0;
      while (sent < EVENTS) {
        const packet = eventPacket(random, "/");
        const [name] = JSON.parse(packet.slice(packet.indexOf("[")));
        // the parser refuses the others, and closes the connection
        if (
          ["string", "number"].includes(typeof name) &&
          !(RESERVED_EVENTS as readonly unknown[]).includes(name)
        ) {
          wire.send(`4${packet}`);
          sent++;
        }
      }
      await eventually(() => heard.length + running.reported.length === EVENTS);
      expect(heard.length).to.be.above(EVENTS / 100);
      expect(running.reported.every(({ phase }) => phase === "contract")).to.be(true);
      for (const [name, ...args] of heard) {
        const checks = expected[String(name)] ?? [];
        const values = args.filter((value) => typeof value !== "function");
        expect(String(name) in expected && values.length).to.be(checks.length);
        expect([name, values, checks.every((check, index) => check(values[index]))]).to.eql([
          name,
          values,
          true,
        ]);
      }
      expect(new Set(heard.map(([name]) => name)).size).to.be.above(3);
    });
  }
});
