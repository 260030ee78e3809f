/** Development servers with their own WebSocket for hot reloading, on the same port as the server. */
import { once } from "node:events";
import { createServer } from "node:http";
import { join } from "node:path";
import expect from "expect.js";
import { Server } from "socket.io";
import { WebSocket } from "ws";
import { onTestEnd } from "../support/cleanup";
import { eventually } from "../support/waiting";
import { answerHello, greetEachWay, listen } from "./support/hello";
import { startProgram } from "./support/programs";
import { tested } from "./support/tested";

const fixtures = join(__dirname, "fixtures");

/** Resolves with the first message of the development server over its WebSocket. */
async function firstMessage(url: string, protocol?: string): Promise<string> {
  const webSocket = new WebSocket(url.replace("http", "ws"), protocol);
  onTestEnd(() => webSocket.terminate());
  const [data] = await once(webSocket, "message");
  return String(data);
}

tested({ area: "Frameworks", name: "Next.js, with a custom server", packages: ["next"] }, () => {
  it("shares a port with the pages and the hot reloading of the development server", async () => {
    const next = startProgram(process.execPath, [join(fixtures, "next-app/server.cjs")], {
      env: { ...process.env, NEXT_TELEMETRY_DISABLED: "1" },
    });
    onTestEnd(() => next.stop("SIGKILL"));
    await eventually(() => next.output().includes("listening on") || next.child.exitCode !== null);
    const [url] = /http:\/\/127\S+/.exec(next.output()) ?? [next.output()];
    const page = await (await fetch(url)).text();
    expect(page).to.contain("<p>the page</p>");
    expect(await firstMessage(`${url}/_next/hmr?id=test`)).to.be.ok();
    await greetEachWay(url);
  });
});

tested({ area: "Frameworks", name: "Vite, in middleware mode", packages: ["vite"] }, () => {
  it("shares a port with the modules and the hot reloading of the development server", async () => {
    const { createServer: createVite } = await import("vite");
    const httpServer = createServer();
    const vite = await createVite({
      root: join(fixtures, "vite-app"),
      cacheDir: join(fixtures, "vite-app/.vite"),
      logLevel: "error",
      server: { middlewareMode: true, hmr: { server: httpServer }, ws: undefined },
    });
    onTestEnd(() => vite.close());
    httpServer.on("request", vite.middlewares);
    const io = new Server(httpServer);
    onTestEnd(() => io.close());
    answerHello(io);
    const url = `http://127.0.0.1:${await listen(httpServer)}`;
    const page = await (await fetch(url)).text();
    expect(page).to.contain("/@vite/client");
    const [, token] = /wsToken = "([^"]+)"/.exec(await (await fetch(`${url}/@vite/client`)).text()) ?? [];
    expect(JSON.parse(await firstMessage(`${url}/?token=${token}`, "vite-hmr"))).to.eql({
      type: "connected",
    });
    await greetEachWay(url);
  });
});
