/** The example with a contract: it runs with three libraries of schemas, and compiles with each. */

import { join } from "node:path";
import expect from "expect.js";
import { runExample } from "../support/examples";
import { programOf, root, runNode } from "../support/repository";
import { connectClient } from "../support/server";
import { nextEvent, nextValue } from "../support/waiting";

describe("the example with a contract", function () {
  this.timeout(60_000);

  for (const library of ["zod", "valibot", "arktype"]) {
    it(`runs with the schemas of ${library}`, async () => {
      const { url, output } = await runExample("contract/server.mjs", { env: { SCHEMAS: library } });
      const member = async (name: string) => {
        const client = connectClient(url, { auth: { token: "secret" } });
        client.on("whoami", (answer) => answer(` ${name} `));
        await nextEvent(client, "connect");
        return client;
      };
      const ada = await member("ada");
      const bob = await member("bob");
      expect(await ada.emitWithAck("join", " lobby ")).to.eql({ value: { members: 1 } });
      expect(await bob.emitWithAck("join", "lobby")).to.eql({ value: { members: 2 } });

      const message = nextValue<any>(bob, "message");
      const sent = await ada.emitWithAck("message", { room: "lobby", text: " hello " });
      expect(await message).to.eql({ id: sent.value.id, from: "ada", text: "hello" });

      const wrong = await ada.emitWithAck("message", { room: "lobby", text: "" });
      expect([wrong.error.code, wrong.error.issues[0].path]).to.eql(["INVALID_PAYLOAD", [0, "text"]]);
      const unknown = await ada.emitWithAck("massage", 1);
      expect(unknown).to.eql({ error: { code: "UNKNOWN_EVENT" } });

      await (await member("carol")).emitWithAck("join", "lobby");
      const late = await (await member("dave")).emitWithAck("join", "lobby");
      expect(late).to.eql({ error: { code: "ROOM_FULL", data: { max: 3 } } });

      const nobody = connectClient(url, { auth: {} });
      const { data } = await nextValue<any>(nobody, "connect_error");
      expect([data.code, data.issues[0].path]).to.eql(["INVALID_AUTH", ["token"]]);
      const stranger = connectClient(url, { auth: { token: "guess" } });
      expect((await nextValue<any>(stranger, "connect_error")).message).to.be("wrong token");
      expect(output()).to.contain("INVALID_PAYLOAD");
    });
  }

  it("compiles with the schemas of each", async () => {
    const folder = join(root, "examples/contract");
    const { code, output } = await runNode([programOf("typescript", "tsc"), "-p", folder]);
    expect(output).to.be("");
    expect(code).to.be(0);
  });
});
