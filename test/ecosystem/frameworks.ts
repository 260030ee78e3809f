/** Web frameworks that share a port with the server. */
import { createServer } from "node:http";
import { serve } from "@hono/node-server";
import { Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { IoAdapter } from "@nestjs/platform-socket.io";
import { SubscribeMessage, WebSocketGateway, WebSocketServer } from "@nestjs/websockets";
import expect from "expect.js";
import express from "express";
import fastify from "fastify";
import helmet from "helmet";
import { Hono } from "hono";
import Koa from "koa";
import { Server } from "socket.io";
import { onTestEnd } from "../support/cleanup";
import { answerHello, client, greetEachWay, listen } from "./support/hello";
import { tested } from "./support/tested";

/** Checks that the page of the framework and clients are served. */
async function sharesThePort(url: string, page = "the page"): Promise<void> {
  const response = await fetch(`${url}/page`);
  expect(await response.text()).to.be(page);
  await greetEachWay(url);
  const script = await fetch(`${url}/socket.io/socket.io.js`);
  expect(await script.text()).to.contain("socket.io");
}

tested({ area: "Frameworks", name: "Express", packages: ["express", "helmet"] }, () => {
  it("shares a port with an application", async () => {
    const app = express();
    app.get("/page", (_req, res) => {
      res.send("the page");
    });
    const httpServer = createServer(app);
    const io = new Server(httpServer);
    onTestEnd(() => io.close());
    answerHello(io);
    await sharesThePort(`http://127.0.0.1:${await listen(httpServer)}`);
  });

  it("adds the headers of helmet to answers of the engine, through io.engine.use()", async () => {
    const app = express();
    const httpServer = createServer(app);
    const io = new Server(httpServer);
    onTestEnd(() => io.close());
    io.engine.use(helmet());
    answerHello(io);
    const url = `http://127.0.0.1:${await listen(httpServer)}`;
    const { headers } = await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
    expect(headers.get("x-content-type-options")).to.be("nosniff");
    expect(headers.get("content-security-policy")).to.contain("default-src 'self'");
    await greetEachWay(url);
  });
});

tested({ area: "Frameworks", name: "Koa", packages: ["koa"] }, () => {
  it("shares a port with an application", async () => {
    const app = new Koa();
    app.use((context: { body: unknown }) => {
      context.body = "the page";
    });
    const httpServer = createServer(app.callback());
    const io = new Server(httpServer);
    onTestEnd(() => io.close());
    answerHello(io);
    await sharesThePort(`http://127.0.0.1:${await listen(httpServer)}`);
  });
});

tested({ area: "Frameworks", name: "Fastify", packages: ["fastify", "fastify-socket.io"] }, () => {
  it("provides the server as app.io with fastify-socket.io, and closes it", async () => {
    const app = fastify();
    await app.register(require("fastify-socket.io"));
    app.get("/page", async () => "the page");
    await app.ready();
    const { io } = app as unknown as { io: Server };
    answerHello(io);
    const url = await app.listen({ port: 0, host: "127.0.0.1" });
    await sharesThePort(url);
    const left = client(url, { transports: ["websocket"] });
    await new Promise<void>((resolve) => left.once("connect", resolve));
    const gone = new Promise((resolve) => left.once("disconnect", resolve));
    await app.close();
    expect(await gone).to.be("io server disconnect");
  });
});

tested({ area: "Frameworks", name: "Hono", packages: ["hono", "@hono/node-server"] }, () => {
  it("shares a port with an application on its Node.js server", async () => {
    const app = new Hono();
    app.get("/page", (context) => context.text("the page"));
    const { httpServer, port } = await new Promise<{ httpServer: any; port: number }>((resolve) => {
      const started = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, (info) =>
        resolve({ httpServer: started, port: info.port }),
      );
    });
    const io = new Server(httpServer);
    onTestEnd(() => io.close());
    answerHello(io);
    await sharesThePort(`http://127.0.0.1:${port}`);
  });
});

class Gateway {
  server!: Server;
  joined: string[] = [];

  handleConnection(socket: { id: string }): void {
    this.joined.push(socket.id);
  }

  hello(socket: any, name: string): string {
    return `Hello, ${name}, over ${socket.conn.transport.name}!`;
  }

  shout(_socket: unknown, text: string): { event: string; data: string } {
    return { event: "shouted", data: text.toUpperCase() };
  }
}
// the decorators do the same
const method = (name: string) => Object.getOwnPropertyDescriptor(Gateway.prototype, name)!;
SubscribeMessage("hello")(Gateway.prototype, "hello", method("hello"));
SubscribeMessage("shout")(Gateway.prototype, "shout", method("shout"));
WebSocketServer()(Gateway.prototype, "server");
WebSocketGateway()(Gateway);

class Application {}
Module({ providers: [Gateway] })(Application);

tested(
  {
    area: "Frameworks",
    name: "NestJS",
    packages: ["@nestjs/core", "@nestjs/platform-socket.io", "@nestjs/websockets"],
    remark: "NestJS depends on its own version of `socket.io`: add an [override](../README.md#install).",
  },
  () => {
    async function startNest() {
      const app = await NestFactory.create(Application, { logger: ["error"] });
      app.useWebSocketAdapter(new IoAdapter(app));
      await app.listen(0, "127.0.0.1");
      onTestEnd(() => app.close());
      return { app, url: (await app.getUrl()).replace("[::1]", "127.0.0.1") };
    }

    it("serves a gateway: events, answers, connections", async () => {
      const { app, url } = await startNest();
      await greetEachWay(url);
      const socket = client(url);
      socket.emit("shout", "hello");
      expect(await new Promise((resolve) => socket.once("shouted", resolve))).to.be("HELLO");
      expect(app.get(Gateway).joined).to.contain(socket.id);
    });

    it("uses this library for the server of the gateway", async () => {
      const { app } = await startNest();
      expect(app.get(Gateway).server).to.be.a(Server);
    });
  },
);
