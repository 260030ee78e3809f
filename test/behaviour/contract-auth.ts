import expect from "expect.js";
import * as z from "zod";
import { contract } from "../../lib/contract/contract";
import { heldSchema } from "../support/contracts";
import { guardMessages } from "../support/guard-messages";
import { outline, startGuarded } from "../support/handler-errors";
import { ownSuite } from "../support/own-tests";
import { connectRecoverable } from "../support/recoverable-client";
import { startServer } from "../support/server";
import { connectV2 } from "../support/v2-client";
import { eventually, nextEvent, nextValue } from "../support/waiting";

const chat = contract({ auth: z.object({ token: z.string().min(3), locale: z.string().default("en") }) });

ownSuite("the auth data of a client, with a contract", () => {
  it("are those that the schema returns, in middlewares and in handlers", async () => {
    const { io, pair } = await startServer({ contract: chat });
    const seen: unknown[] = [];
    io.use((socket, next) => {
      seen.push(socket.handshake.auth);
      next();
    });
    const { socket } = await pair("/", { auth: { token: "abc", more: 1 } });
    expect(seen).to.eql([{ token: "abc", locale: "en" }]);
    expect(socket.handshake.auth).to.eql({ token: "abc", locale: "en" });
  });

  it("refuse the client before the middlewares if they are wrong", async () => {
    const { io, connect, reported } = await startGuarded({ contract: chat });
    const messages = guardMessages(io);
    let asked = 0;
    io.use((_socket, next) => {
      asked++;
      next();
    });
    const error = await nextValue<any>(connect("/", { auth: { token: "x" } }), "connect_error");
    expect(error.message).to.be("The auth data do not follow the contract of the namespace, at token");
    expect(error.data.code).to.be("INVALID_AUTH");
    expect(error.data.issues.map(({ path }: any) => path)).to.eql([["token"]]);
    expect(asked).to.be(0);
    expect(io.of("/").sockets.size).to.be(0);
    expect(outline(reported)).to.eql([["contract", undefined, error.message]]);
    expect(messages.map(({ code, conn }) => [code, conn !== undefined])).to.eql([["INVALID_AUTH", true]]);
  });

  it("may be sent again over the same connection", async () => {
    const { connect } = await startServer({ contract: chat });
    let token = "";
    const client = connect("/", { auth: (give) => give({ token }) });
    await nextEvent(client, "connect_error");
    token = "abc";
    const connected = nextEvent(client, "connect");
    client.connect();
    await connected;
  });

  it("are checked by asynchronous schemas, too", async () => {
    const { schema, held, end } = heldSchema();
    const { io, connect } = await startServer({
      contract: contract({ auth: schema as never }),
    });
    const connection = nextValue(io, "connection");
    connect();
    await eventually(() => held.length === 1);
    expect(io.of("/").sockets.size).to.be(0);
    end();
    expect((await connection).connected).to.be(true);
  });

  it("are not decided about if the client leaves meanwhile", async () => {
    const { schema, held, end } = heldSchema();
    const { io, connect } = await startServer({
      contract: contract({ auth: schema as never }),
      cleanupEmptyChildNamespaces: true,
    });
    const client = connect();
    await eventually(() => held.length === 1);
    client.disconnect();
    await eventually(() => io.engine.clientsCount === 0);
    end();
    const other = nextValue(io, "connection");
    connect();
    await eventually(() => held.length === 1);
    end();
    await other;
    expect(io.of("/").sockets.size).to.be(1);
  });

  it("do not need the session of a client that comes back, even if the schema is strict", async () => {
    const strict = contract({
      auth: z.strictObject({ token: z.string() }),
      serverToClient: { missed: { args: z.string().transform((text) => text.length) } },
    });
    const running = await startServer({
      contract: strict,
      connectionStateRecovery: {},
      unknownEvents: "allow",
    });
    const member = await connectRecoverable(running, "/", { auth: { token: "abc" } });
    await member.cut();
    running.io.emit("missed", "later");
    const missed = nextEvent(member.client, "missed");
    await member.comeBack();
    expect(member.socket.recovered).to.be(true);
    expect(member.socket.handshake.auth).to.eql({ token: "abc" });
    expect((await missed)[0]).to.be("later");
  });

  it("may have the session of an earlier server with recovery, even if the schema is strict", async () => {
    const strict = contract({ auth: z.strictObject({ token: z.string() }) });
    const { pair } = await startServer({ contract: strict });
    const { socket } = await pair("/", { auth: { pid: "p", offset: "o", token: "abc" } });
    expect(socket.handshake.auth).to.eql({ token: "abc" });
  });

  it("refuse a client of version 2 with a text", async () => {
    const running = await startServer({ contract: chat, allowEIO3: true });
    const client = connectV2(running.url);
    expect(await nextValue(client, "error")).to.be(
      "The auth data do not follow the contract of the namespace, at token",
    );
  });
});
