import { createServer } from "node:http";
import expect from "expect.js";
import type { ServerOptions } from "../../lib";
import { stopClock } from "../support/clock";
import { ask, askHandshake, askUpgrade } from "../support/http";
import { listen, type Running } from "../support/server";
import { Server } from "../support/subject";
import { eventually, nextEvent, nextEvents, nextValue } from "../support/waiting";

/** A server in an application that answers "mine" to all requests that the server leaves to it. */
function startInApplication(options?: Partial<ServerOptions>): Promise<Running> {
  const httpServer = createServer((_req, res) => res.end("mine"));
  return listen(new Server(httpServer, options), httpServer);
}

/** Whether the engine or the application answers a handshake at this path. */
async function answererOf({ url }: Running, path: string): Promise<string> {
  const { status, text } = await askHandshake(url, {}, path);
  return status === 200 && text.startsWith('0{"sid":') ? "engine" : text;
}

describe("the path", () => {
  it('is "/socket.io/", and everything below it reaches the engine [8]', async () => {
    const running = await startInApplication();
    expect(running.io.path()).to.be("/socket.io");
    expect(await answererOf(running, "/socket.io/")).to.be("engine");
    expect(await answererOf(running, "/socket.io/evil")).to.be("engine");
    expect(await answererOf(running, "/socket.io/evil/../x")).to.be("engine");
  });

  it("does not match without its trailing slash, nor with other text before or after [8]", async () => {
    const running = await startInApplication();
    for (const path of ["/socket.io", "/socket.iofoo", "/socket.io%2F", "/SOCKET.IO/", "/a/socket.io/"]) {
      expect([path, await answererOf(running, path)]).to.eql([path, "mine"]);
    }
  });

  it("may be nested [8]", async () => {
    const running = await startInApplication({ path: "/a/b" });
    expect(await answererOf(running, "/a/b/")).to.be("engine");
    expect(await answererOf(running, "/a/")).to.be("mine");
    expect(await answererOf(running, "/socket.io/")).to.be("mine");
    await running.pair("/", { path: "/a/b" });
  });

  it("is the same with and without a trailing slash [8]", async () => {
    const running = await startInApplication({ path: "/chat/" });
    expect(running.io.path()).to.be("/chat");
    expect(await answererOf(running, "/chat/")).to.be("engine");
    expect(await answererOf(running, "/chat//")).to.be("engine");
    await running.pair("/", { path: "/chat/" });
  });

  it("is not a pattern: a dot matches a dot only [8]", async () => {
    const running = await startInApplication({ path: "/a.b" });
    expect(await answererOf(running, "/a.b/")).to.be("engine");
    expect(await answererOf(running, "/axb/")).to.be("mine");
    expect((await ask(`${running.url}/a.b/socket.io.js`)).status).to.be(200);
    expect((await ask(`${running.url}/axb/socket.io.js`)).text).to.be("mine");
  });

  it('may be "/", which leaves no request to the application [8]', async () => {
    const running = await startInApplication({ path: "/" });
    expect(await answererOf(running, "/")).to.be("engine");
    expect(await answererOf(running, "/other")).to.be("engine");
    expect((await ask(`${running.url}/socket.io.js`)).text).to.contain("Socket.IO v");
    await running.pair("/", { path: "/" });
  });

  it('is "/socket.io" if the option is empty [8]', async () => {
    const running = await startInApplication({ path: "" });
    expect(running.io.path()).to.be("/socket.io");
    expect(await answererOf(running, "/socket.io/")).to.be("engine");
  });

  it("without addTrailingSlash is a prefix: it matches other paths that begin with it [8]", async () => {
    const running = await startInApplication({ addTrailingSlash: false });
    for (const path of ["/socket.io", "/socket.io/", "/socket.io/evil", "/socket.iofoo", "/socket.io%2F"]) {
      expect([path, await answererOf(running, path)]).to.eql([path, "engine"]);
    }
    expect(await answererOf(running, "/socket.i")).to.be("mine");
  });

  for (const transport of ["polling", "websocket"] as const) {
    it(`without addTrailingSlash serves ${transport} clients without the slash [8]`, async () => {
      const { pair } = await startInApplication({ addTrailingSlash: false });
      const { socket } = await pair("/", { addTrailingSlash: false, transports: [transport] });
      expect(socket.request.url).to.match(/^\/socket\.io\?/);
    });
  }

  it("without addTrailingSlash is still the folder of the client files [8, 11]", async () => {
    const { url } = await startInApplication({ addTrailingSlash: false });
    expect((await ask(`${url}/socket.io/socket.io.js`)).status).to.be(200);
  });

  it("applies to upgrade requests as to other requests [8]", async () => {
    const { io, port } = await startInApplication({ destroyUpgradeTimeout: 1 });
    const connected = nextEvents(io.engine, "connection", 2);
    await askUpgrade(port, "/socket.io?EIO=4&transport=websocket");
    await askUpgrade(port, "/socket.io/evil?EIO=4&transport=websocket");
    await askUpgrade(port, "/socket.io/?EIO=4&transport=websocket");
    const urls = (await connected).map(([socket]) => socket.request.url);
    expect(urls).to.eql([
      "/socket.io/evil?EIO=4&transport=websocket",
      "/socket.io/?EIO=4&transport=websocket",
    ]);
  });
});

describe("an upgrade request that no server handles", () => {
  it("is ended without a response after destroyUpgradeTimeout [9]", async () => {
    const { port } = await startInApplication({ destroyUpgradeTimeout: 1 });
    const { ended, received } = await askUpgrade(port, "/elsewhere");
    await ended;
    expect(received().length).to.be(0);
  });

  it("is ended after one second by default [9]", async () => {
    const { httpServer, port } = await startInApplication();
    const upgraded = nextEvent(httpServer, "upgrade");
    const clock = stopClock();
    const { ended } = await askUpgrade(port, "/elsewhere");
    const [, socket] = await upgraded;
    clock.tick(999);
    expect(socket.writableEnded).to.be(false);
    clock.tick(1);
    expect(socket.writableEnded).to.be(true);
    await ended;
  });

  it("is not ended if another listener has responded [9]", async () => {
    const { httpServer, port } = await startInApplication({ destroyUpgradeTimeout: 1 });
    httpServer.on("upgrade", (_req, socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\n\r\n");
      // fires after the earlier timer of 1 ms
      setTimeout(() => socket.end("still here"), 2);
    });
    const { ended, received } = await askUpgrade(port, "/elsewhere");
    await ended;
    expect(received().toString()).to.contain("still here");
  });

  it("is left to the application with destroyUpgrade: false [9]", async () => {
    const { httpServer, port } = await startInApplication({
      destroyUpgrade: false,
      destroyUpgradeTimeout: 1,
    });
    httpServer.on("upgrade", (_req, socket) => {
      setTimeout(() => socket.end("a late answer"), 2);
    });
    const { ended, received } = await askUpgrade(port, "/elsewhere");
    await ended;
    expect(received().toString()).to.be("a late answer");
  });

  it("does not affect upgrade requests for the server [9]", async () => {
    const { pair, port } = await startInApplication({ destroyUpgradeTimeout: 1 });
    const { client, socket } = await pair("/", { transports: ["websocket"] });
    const { ended } = await askUpgrade(port, "/elsewhere");
    await ended;
    socket.emit("hello");
    await nextValue(client, "hello");
    await eventually(() => socket.connected);
  });
});
