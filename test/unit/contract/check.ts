import expect from "expect.js";
import * as v from "valibot";
import * as z from "zod";
import { z as z3 } from "zod/v3";
import { checkArguments, checkValue, pathsOf } from "../../../lib/contract/check";
import type { StandardSchemaV1 } from "../../../lib/contract/contract";

/** A schema with this result. */
const schemaOf = (validate: (value: unknown) => unknown) =>
  ({ "~standard": { version: 1, vendor: "test", validate } }) as StandardSchemaV1;

/** The schemas of a room, and of a message with one. */
type Schemas = [room: StandardSchemaV1, message: StandardSchemaV1];

const libraries: Record<string, () => Schemas | Promise<Schemas>> = {
  zod: () => [z.string().trim().min(1), z.object({ room: z.string().trim().min(1) })],
  "zod 3": () => [z3.string().trim().min(1), z3.object({ room: z3.string().trim().min(1) })],
  valibot: () => [
    v.pipe(v.string(), v.trim(), v.minLength(1)),
    v.object({ room: v.pipe(v.string(), v.trim(), v.minLength(1)) }),
  ],
  // an ES module only
  arktype: async () => {
    const { type } = await import("arktype");
    const room = type("string.trim").to("string >= 1");
    return [room, type({ room })];
  },
};

describe("the check of a value", () => {
  for (const [library, schemas] of Object.entries(libraries)) {
    it(`returns the value or plain issues with the schemas of ${library}`, async () => {
      const [room, message] = await schemas();
      expect(checkArguments([room, message], [" a ", { room: " b " }])).to.eql({
        value: ["a", { room: "b" }],
      });
      const { issues = [] } = checkArguments([room, message], [" ", { room: " " }]) as any;
      expect(issues.map(({ path }: any) => path)).to.eql([[0], [1, "room"]]);
      expect(issues.every((issue: any) => typeof issue.message === "string")).to.be(true);
      for (const list of [issues, ...issues.map(({ path }: any) => path)]) {
        expect(Object.getPrototypeOf(list)).to.be(Array.prototype);
      }
      expect(pathsOf(issues)).to.be("0, 1.room");
    });
  }

  it("returns a promise only if a schema is asynchronous", async () => {
    const later = schemaOf(async (value) => ({ value }));
    const now = schemaOf((value) => ({ value }));
    expect(checkArguments([now, now], [1, 2])).to.eql({ value: [1, 2] });
    const pending = checkArguments([now, later], [1, 2]);
    expect(pending).to.be.a(Promise);
    expect(await pending).to.eql({ value: [1, 2] });
  });

  for (const [what, result] of [
    ["nothing", undefined],
    ["null", null],
    ["no issues in a list", { issues: [] }],
    ["a list of wrong things", { issues: [null] }],
    ["issues that are no list", { issues: true }],
  ]) {
    it(`counts ${what} as an issue`, async () => {
      const expected = { issues: [{ path: [], message: "The schema has failed" }] };
      expect(
        checkValue(
          schemaOf(() => result),
          1,
        ),
      ).to.eql(expected);
      expect(
        await checkValue(
          schemaOf(async () => result),
          1,
        ),
      ).to.eql(expected);
    });
  }

  it("shortens issues that a client has made long, and escapes keys", () => {
    const path = ["a\nb", ...Array.from({ length: 50 }, () => ({ key: "k".repeat(1_000) })), Symbol("s")];
    const { issues = [] } = checkValue(
      schemaOf(() => ({ issues: Array.from({ length: 50 }, () => ({ path, message: "m".repeat(1_000) })) })),
      1,
    ) as any;
    expect(issues.length).to.be(10);
    expect(issues[0].path.length).to.be(16);
    expect(issues[0].path[0]).to.be("a\\nb");
    expect(issues[0].message.length).to.be(200);
    expect(pathsOf(issues).length).to.be.below(700);
  });
});
