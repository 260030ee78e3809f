/** The example with a contract: it runs with three libraries of schemas, and compiles with each. */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import expect from "expect.js";
import { onTestEnd } from "../support/cleanup";
import { runExample } from "../support/examples";
import { programOf, root, runNode } from "../support/repository";
import { connectClient } from "../support/server";
import { eventually, nextEvent, nextValue } from "../support/waiting";

describe("the example with a contract", () => {
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

  for (const library of ["zod", "valibot", "arktype"]) {
    it(`writes an AsyncAPI document and a page, with the schemas of ${library}`, async () => {
      const folder = mkdtempSync(join(tmpdir(), "socket.io-asyncapi-"));
      onTestEnd(() => rmSync(folder, { recursive: true }));
      const program = join(root, "examples/contract/document.mjs");
      const { code, output } = await runNode([program, folder, library]);
      expect([code, output]).to.eql([0, ""]);
      const { channels, operations } = JSON.parse(readFileSync(join(folder, "asyncapi.json"), "utf8"));
      const { payload } = channels.root.messages["clientToServer.message"];
      expect(payload.items[0].required).to.eql(["room", "text"]);
      expect(channels.root.messages.auth.payload.required).to.eql(["token"]);
      expect(operations["clientToServer.join"].reply.messages.length).to.be(4);

      const page = readFileSync(join(folder, "asyncapi.html"), "utf8");
      for (const text of ["<h1>Chat 1.0.0</h1>", "<h3>join <small", ">members</th>", "<h3>ROOM_FULL</h3>"]) {
        expect(page).to.contain(text);
      }
    });
  }

  it("compiles with the schemas of each", async () => {
    const folder = join(root, "examples/contract");
    const { code, output } = await runNode([programOf("typescript", "tsc"), "-p", folder]);
    expect(output).to.be("");
    expect(code).to.be(0);
  });
});

describe("the migration from event maps to a contract", () => {
  const start = (file: string) =>
    runExample(`contract/migration/${file}`, { nodeArguments: ["--import", "tsx"] });

  for (const file of ["event-maps-before.ts", "event-maps-after.ts"]) {
    it(`keeps the behaviour for clients: ${file}`, async () => {
      const { url } = await start(file);
      const client = connectClient(url);
      const saved = nextValue(client, "saved");
      expect(await client.emitWithAck("save", { title: "a", tags: ["b"] })).to.be(1);
      expect(await saved).to.be("a");
      expect(await client.emitWithAck("save", { title: "b" })).to.be(2);
      client.emit("clear");
      client.emit("not described");
      expect(await client.emitWithAck("save", { title: "c" })).to.be(1);
    });
  }

  it("reports wrong events after the first step, and drops them", async () => {
    const { url, output } = await start("event-maps-after.ts");
    const client = connectClient(url);
    client.emit("save", { title: 1 });
    expect(await client.emitWithAck("save", { title: "a" })).to.be(1);
    await eventually(() => output().includes('The event "save" does not follow the contract'));
  });
});

describe("the example for zod-sockets", () => {
  it("answers, and sends to the others", async () => {
    const { url } = await runExample("contract/migration/zod-sockets-after.mjs");
    const [ada, bob] = [connectClient(url), connectClient(url)];
    expect(await bob.emitWithAck("ping", "1")).to.be("pong 1");
    const heard = nextEvent(bob, "chat");
    ada.emit("chat", "hello", { from: "ada" });
    expect(await heard).to.eql(["hello", { from: "ada" }]);
  });
});
