/** The rows of docs/troubleshooting.md about clients that do not connect. */
import { createServer, type IncomingMessage, request } from "node:http";
import { createServer as createTlsServer } from "node:https";
import expect from "expect.js";
import { WebSocketServer } from "ws";
import { certificate } from "../support/certificate";
import { onTestEnd } from "../support/cleanup";
import { allGuardMessages, guardMessages } from "../support/guard-messages";
import { ownTest } from "../support/own-tests";
import { answerOfUpgrade } from "../support/refusals";
import {
  type ClientOptions,
  connectClient,
  listenOnFreePort,
  type Running,
  startServer,
} from "../support/server";
import { connectionErrors, expectRow, refusal } from "../support/troubleshooting";
import { connectV2 } from "../support/v2-client";
import { nextEvent } from "../support/waiting";

const once: ClientOptions = { reconnection: false };
const polling: ClientOptions = { transports: ["polling"], reconnection: false };
const webSocket: ClientOptions = { transports: ["websocket"], reconnection: false };

/** A port on which nothing listens. */
async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await listenOnFreePort(server);
  server.close();
  await nextEvent(server, "close");
  return port;
}

/** Collects what a server reports about refused connections, and the codes of its guards. */
function reportsOf(running: Running): () => string[] {
  const errors = connectionErrors(running);
  const told = allGuardMessages();
  return () => [...errors, ...told.map(({ code }) => code)];
}

/** Forwards each request to the server that `choose` names, like a load balancer. Resolves with its address. */
async function startBalancer(choose: (req: IncomingMessage) => Running): Promise<string> {
  const balancer = createServer((req, res) => {
    const { url: path, method, headers } = req;
    const forwarded = request(
      { host: "localhost", port: choose(req).port, path, method, headers, agent: false },
      (answer) => {
        res.writeHead(answer.statusCode as number, answer.headers);
        answer.pipe(res);
      },
    );
    forwarded.on("error", () => res.destroy());
    req.pipe(forwarded);
  });
  const port = await listenOnFreePort(balancer);
  onTestEnd(() => {
    balancer.close();
    balancer.closeAllConnections();
  });
  return `http://localhost:${port}`;
}

describe("a client that cannot connect reports", () => {
  it("an error without a status if nothing listens [T1]", async () => {
    const url = `http://localhost:${await closedPort()}`;
    const overPolling = await refusal(connectClient(url, polling));
    const [overWebSocket] = await refusal(connectClient(url, webSocket));
    expectRow("T1", { client: [...overPolling, overWebSocket] });
  });

  it("status 404 if the path is wrong, and the application answers it [T2]", async () => {
    const running = await startServer();
    running.httpServer.on("request", (_req, res) => res.writeHead(404).end("no such page"));
    const reported = reportsOf(running);
    const client = await refusal(running.connect("/", { ...polling, path: "/chat/socket.io" }));
    expectRow("T2", { client, server: reported() });
  });

  it("a timeout if the request gets no response [T3]", async () => {
    const running = await startServer();
    // the client does not end its request
    onTestEnd(() => running.httpServer.closeAllConnections());
    const reported = reportsOf(running);
    const client = await refusal(running.connect("/", { ...polling, path: "/chat", timeout: 100 }));
    expectRow("T3", { client, server: reported() });
  });

  it("an unknown certificate [T4]", async () => {
    const httpsServer = createTlsServer(certificate);
    const port = await listenOnFreePort(httpsServer);
    onTestEnd(() => httpsServer.close());
    const url = `https://localhost:${port}`;
    const overWebSocket = await refusal(connectClient(url, webSocket));
    const overPolling = await refusal(connectClient(url, polling));
    expectRow("T4", { client: [...overPolling, ...overWebSocket] });
  });

  it("status 400 if it is of version 2 [T7]", async () => {
    const running = await startServer();
    const server = connectionErrors(running);
    const client = connectV2(running.url, { reconnection: false });
    const [error] = await nextEvent(client, "connect_error");
    expectRow("T7", { client: [error.message, String(error.description)], server });
  });

  it("an incompatible version if the server is of version 2 [T8]", async () => {
    const httpServer = createServer();
    const oldServer = new WebSocketServer({ server: httpServer });
    oldServer.on("connection", (ws) => {
      // a server of version 2 lets the client into the main namespace at once
      ws.send('0{"sid":"abc","upgrades":[],"pingInterval":25000,"pingTimeout":5000}');
      ws.send("40");
    });
    const port = await listenOnFreePort(httpServer);
    onTestEnd(() => httpServer.close());
    const client = connectClient(`http://localhost:${port}`, webSocket);
    expectRow("T8", { client: await refusal(client) });
  });

  it("that the server does not offer its transport [T9]", async () => {
    const running = await startServer({ transports: ["websocket"] });
    const server = connectionErrors(running);
    expectRow("T9", { client: await refusal(running.connect("/", once)), server });
  });

  it("that the protocol is missing if it is a plain WebSocket [T10]", async () => {
    const running = await startServer();
    const server = connectionErrors(running);
    const { status, text } = await answerOfUpgrade(running.port, "/socket.io/");
    const [, message] = text.split("\r\n\r\n");
    expectRow("T10", { client: [String(status), message], server });
  });

  it("an unknown session if its requests reach different servers [T11]", async () => {
    const [first, second] = [await startServer(), await startServer()];
    const server = connectionErrors(second);
    const seen: string[] = [];
    for (const strayMethod of ["GET", "POST"]) {
      const url = await startBalancer((req) =>
        req.url?.includes("sid=") && req.method === strayMethod ? second : first,
      );
      seen.push(...(await refusal(connectClient(url, polling))));
    }
    expectRow("T11", { client: seen, server });
  });

  it("the text of allowRequest [T12]", async () => {
    const running = await startServer({ allowRequest: (_req, done) => done("not this client", false) });
    const server = connectionErrors(running);
    const client = await refusal(running.connect("/", polling));
    expect(client).to.contain("not this client");
    expectRow("T12", { client: client.filter((text) => text !== "not this client"), server });
  });

  ownTest(
    "the message of a guard, for example if all clients seem to have the address of a proxy [T13]",
    async () => {
      const running = await startServer({ limits: { connectionsPerAddress: 1 } });
      const told = allGuardMessages();
      const server = connectionErrors(running);
      await running.pair();
      const client = await refusal(running.connect("/", polling));
      expectRow("T13", { client, server });
      expect(told.map(({ code }) => code)).to.eql(["ADDRESS_LIMIT"]);
    },
  );

  it("an invalid namespace if the URL has a path [T14]", async () => {
    const running = await startServer();
    const reported = reportsOf(running);
    const client = running.connect("/chat", once);
    expectRow("T14", { client: await refusal(client), server: reported() });
    expect(client.active).to.be(false);
  });

  it("the text of a middleware, and does not try again [T15]", async () => {
    const running = await startServer();
    const reported = reportsOf(running);
    running.io.use((_socket, next) =>
      next(Object.assign(new Error("not signed in"), { data: { code: 401 } })),
    );
    const client = running.connect("/", { ...webSocket, reconnection: true });
    const [error] = await nextEvent(client, "connect_error");
    expect([error.message, error.data, client.active]).to.eql(["not signed in", { code: 401 }, false]);
    expectRow("T15", { server: reported() });
  });

  ownTest("a general text if a middleware fails [T16]", async () => {
    const { io, connect } = await startServer({ onHandlerError() {} });
    const told = guardMessages(io);
    io.use(() => {
      throw new Error("no database at 192.0.2.7");
    });
    const client = await refusal(connect("/", webSocket));
    expectRow("T16", { client, server: told.map(({ code }) => code) });
  });

  it("nothing if a middleware never calls next(): its connection is closed again and again [T17]", async () => {
    const running = await startServer({ connectTimeout: 50 });
    const reported = reportsOf(running);
    running.io.use(() => {});
    const client = running.connect("/", { ...webSocket, reconnection: true, reconnectionDelay: 1 });
    const heard: string[] = [];
    client.on("connect", () => heard.push("connect"));
    client.on("connect_error", ({ message }) => heard.push(message));
    const reasons: string[] = [];
    for (let i = 0; i < 2; i++) {
      reasons.push((await nextEvent(client.io, "close"))[0]);
    }
    expect(heard).to.eql([]);
    expectRow("T17", { client: reasons, server: reported() });
  });
});
