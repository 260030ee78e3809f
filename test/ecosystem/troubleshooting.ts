/** The rows of docs/troubleshooting.md about proxies, with nginx and mistakes in its configuration. */
import { createServer } from "node:http";
import { join } from "node:path";
import expect from "expect.js";
import { Server } from "socket.io";
import { ServerSentEvents } from "socket.io/server-sent-events";
import { onTestEnd } from "../support/cleanup";
import { clientEnd, connectionErrors, expectRow, refusal, serverEnd } from "../support/troubleshooting";
import { eventually, nextEvent, nextValue } from "../support/waiting";
import { client, listen } from "./support/hello";
import { freePort } from "./support/programs";
import { nginx, startNginx } from "./support/proxies";
import { tested } from "./support/tested";

const configuration = join(__dirname, "../../examples/scaling/nginx.conf");
const sseConfiguration = join(__dirname, "../../examples/server-sent-events-proxy/nginx.conf");

/** A server behind nginx, whose configuration `change` changes. */
async function startSite(change: (text: string) => string) {
  const httpServer = createServer();
  const io = new Server(httpServer);
  onTestEnd(() => {
    io.close();
    httpServer.closeAllConnections();
  });
  const port = await listen(httpServer);
  const url = `http://127.0.0.1:${await startNginx(configuration, [port, port], change)}`;
  return { io, url };
}

/** Removes the lines of the configuration that contain one of these texts. */
function without(...texts: string[]) {
  return (configured: string) =>
    configured
      .split("\n")
      .filter((line) => !texts.some((text) => line.includes(text)))
      .join("\n");
}

/** What a configuration lacks if it was not written for WebSockets. */
const withoutUpgrades = without(
  "proxy_http_version",
  "proxy_set_header Upgrade",
  "proxy_set_header Connection",
);

tested(
  {
    area: "Proxies",
    name: "nginx: wrong configurations",
    programs: [nginx],
    remark: "[Troubleshooting](troubleshooting.md#behind-a-proxy) lists what wrong configurations cause.",
  },
  () => {
    it("refuses a WebSocket if it does not forward upgrades [T44]", async () => {
      const { io, url } = await startSite(withoutUpgrades);
      const server = connectionErrors({ io: io as never });
      const [text] = await refusal(client(url, { transports: ["websocket"] }));
      expectRow("T44", { client: [text as string], server });
    });

    it("keeps a client on long-polling if it does not forward upgrades [T45]", async () => {
      const { io, url } = await startSite(withoutUpgrades);
      const server = connectionErrors({ io: io as never });
      const socket = client(url);
      const [error] = await nextEvent(socket.io.engine as any, "upgradeError");
      await eventually(() => server.length > 0);
      expect(socket.io.engine.transport.name).to.be("polling");
      expectRow("T45", { client: [error.message, "polling"], server });
    });

    it("closes idle connections if its time is shorter than the heartbeat [T46]", async () => {
      const { io, url } = await startSite((text) =>
        text.replace("proxy_read_timeout 60s", "proxy_read_timeout 1s"),
      );
      const connected = nextValue(io, "connection");
      const socket = client(url, { transports: ["websocket"] });
      const ends = [clientEnd(socket), connected.then(serverEnd)] as const;
      expectRow("T46", { client: await ends[0], server: await ends[1] });
    });

    it("refuses large requests of long-polling [T47]", async () => {
      const { io, url } = await startSite((text) =>
        text.replace("client_max_body_size 1m", "client_max_body_size 1k"),
      );
      const connected = nextValue(io, "connection");
      const socket = client(url, { transports: ["polling"] });
      await nextEvent(socket, "connect");
      const ends = [clientEnd(socket), connected.then(serverEnd)] as const;
      socket.emit("file", "x".repeat(5_000));
      expectRow("T47", { client: await ends[0], server: await ends[1] });
    });

    it("answers for a server that does not run [T48]", async () => {
      const port = await freePort();
      const url = `http://127.0.0.1:${await startNginx(configuration, [port, port])}`;
      expectRow("T48", { client: await refusal(client(url, { transports: ["polling"] })) });
    });

    it("holds back server-sent events if it buffers all responses [T49]", async () => {
      const httpServer = createServer();
      const io = new Server(httpServer, { transports: ["sse"] });
      onTestEnd(() => {
        io.close();
        httpServer.closeAllConnections();
      });
      const port = await listen(httpServer);
      const buffering = (text: string) =>
        text.replace("proxy_pass", "proxy_ignore_headers X-Accel-Buffering;\n      proxy_pass");
      const url = `http://127.0.0.1:${await startNginx(sseConfiguration, [port], buffering)}`;
      const socket = client(url, { transports: [ServerSentEvents], timeout: 500 });
      expectRow("T49", { client: await refusal(socket) });
    });
  },
);
