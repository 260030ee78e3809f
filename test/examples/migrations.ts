/** The programs of the pages about migrations from ws and from SignalR, before and after, with real clients. */
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import expect from "expect.js";
import type { Socket as ClientSocket } from "socket.io-client";
import { WebSocket, WebSocketServer } from "ws";
import { startNetwork } from "../support/browser";
import { onTestEnd } from "../support/cleanup";
import { runExample } from "../support/examples";
import { root } from "../support/repository";
import { connectClient, listen } from "../support/server";
import { Server } from "../support/subject";
import { eventually, nextEvent, nextValue } from "../support/waiting";

interface RoomClient {
  join(room: string): Promise<number>;
  say(text: string): void;
  close(): void;
}

interface ClientModule {
  connect(url: string, onSaid: (text: string) => void): RoomClient;
}

/** A client of examples/from-ws/, which records what it hears. */
async function roomClient(file: string, url: string): Promise<RoomClient & { heard: string[] }> {
  const path = join(root, "examples/from-ws", file);
  const { connect } = (await import(pathToFileURL(path).href)) as ClientModule;
  const heard: string[] = [];
  const client = connect(url, (text) => heard.push(text));
  onTestEnd(() => client.close());
  return { ...client, heard };
}

describe("the migration from ws", () => {
  for (const kind of ["before", "after"]) {
    it(`has rooms and answers ${kind} the migration`, async () => {
      const { url } = await runExample(`from-ws/${kind}.js`);
      const [ada, bob, eve] = [
        await roomClient(`${kind}-client.mjs`, url),
        await roomClient(`${kind}-client.mjs`, url),
        await roomClient(`${kind}-client.mjs`, url),
      ];
      ada.say("before it has a room");
      expect(await ada.join("tea")).to.be(1);
      expect(await bob.join("tea")).to.be(2);
      expect(await eve.join("coffee")).to.be(1);
      ada.say("hello");
      await eventually(() => bob.heard.length > 0);
      expect(await eve.join("tea")).to.be(3);
      bob.say("welcome");
      await eventually(() => ada.heard.length > 0 && eve.heard.length > 0);
      expect([ada.heard, bob.heard, eve.heard]).to.eql([["welcome"], ["hello"], ["welcome"]]);
    });
  }

  for (const kind of ["before", "after"]) {
    it(`is in its room again after an interruption, ${kind} the migration`, async () => {
      const { url } = await runExample(`from-ws/${kind}.js`);
      const network = await startNetwork(url);
      onTestEnd(() => network.close());
      const ada = await roomClient(`${kind}-client.mjs`, network.url);
      const bob = await roomClient(`${kind}-client.mjs`, url);
      await ada.join("tea");
      await bob.join("tea");
      network.cut();
      await eventually(async () => (await bob.join("tea")) === 1);
      network.mend();
      await eventually(async () => (await bob.join("tea")) === 2);
      bob.say("welcome back");
      await eventually(() => ada.heard.includes("welcome back"));
    });
  }

  it("lets old and new clients share a port and the rooms", async () => {
    const { url } = await runExample("from-ws/side-by-side.js");
    const old = await roomClient("before-client.mjs", `${url}/ws`);
    const replaced = await roomClient("after-client.mjs", url);
    expect(await old.join("tea")).to.be(1);
    expect(await replaced.join("tea")).to.be(2);
    old.say("from ws");
    replaced.say("from Socket.IO");
    await eventually(() => old.heard.length > 0 && replaced.heard.length > 0);
    expect([old.heard, replaced.heard]).to.eql([["from Socket.IO"], ["from ws"]]);
  });

  it("lets Socket.IO close the upgrade requests of other paths", async () => {
    const { url } = await runExample("from-ws/side-by-side.js");
    const webSocket = new WebSocket(`${url.replace("http", "ws")}/other`);
    const [error] = await once(webSocket, "error");
    expect(error.message).to.be("socket hang up");
  });

  it("needs noServer: with { server, path }, ws refuses the upgrade requests of Socket.IO", async () => {
    const httpServer = createServer();
    const webSocketServer = new WebSocketServer({ server: httpServer, path: "/ws" });
    onTestEnd(() => webSocketServer.close());
    const { url } = await listen(new Server(httpServer), httpServer);
    const client = connectClient(url, { transports: ["websocket"], reconnection: false });
    const [error] = await nextEvent<[Error & { description?: { message: string } }]>(client, "connect_error");
    expect(error.description?.message).to.contain("400");
  });
});

interface Started {
  start(url: string, getToken: () => string, show: (line: unknown) => void): Promise<ClientSocket>;
}

describe("the migration from SignalR", () => {
  async function startClient(
    url: string,
    token: string,
  ): Promise<{ socket: ClientSocket; shown: unknown[] }> {
    const path = pathToFileURL(join(root, "examples/from-signalr/client.mjs")).href;
    const { start } = (await import(path)) as Started;
    const shown: unknown[] = [];
    const socket = await start(
      url,
      () => token,
      (line) => shown.push(line),
    );
    onTestEnd(() => socket.disconnect());
    return { socket, shown };
  }

  it("has methods, groups, errors and a stream after the migration", async () => {
    const { url } = await runExample("from-signalr/server.mjs");
    const ada = await startClient(url, "secret-1");
    expect(ada.shown).to.eql(["NOT_A_MEMBER: coffee", 0, 1, 2, "3 items"]);
    const bob = await startClient(url, "secret-2");
    const said = nextValue(bob.socket, "said");
    const { value } = await ada.socket.emitWithAck("say", "tea", "hello");
    expect(value).to.be.a("number");
    await said;
    expect(ada.shown.slice(5)).to.eql(["bob has joined", "ada: hello"]);
    expect(bob.shown.at(-1)).to.be("ada: hello");
  });

  it("refuses a client without a valid token", async () => {
    const { url } = await runExample("from-signalr/server.mjs");
    const client = connectClient(url, { auth: { token: "wrong" } });
    const [error] = await nextEvent<[Error]>(client, "connect_error");
    expect(error.message).to.be("unauthorized");
  });
});
