import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import expect from "expect.js";
import { onTestEnd } from "../support/cleanup";
import { addressOf, ask, askHandshake, askUpgrade, openOf } from "../support/http";
import { connectClient, listen } from "../support/server";
import { Namespace, Server, Socket, subject } from "../support/subject";
import { nextEvent, nextValue } from "../support/waiting";

const express = require("express");

const EXPRESS_ERROR =
  "You are trying to attach socket.io to an express request handler function. Please pass a http.Server instance.";

/** Listens on a port, so that another server cannot. */
async function takePort(): Promise<number> {
  const taken = createServer();
  taken.listen(0);
  await nextEvent(taken, "listening");
  onTestEnd(() => taken.close());
  return (taken.address() as AddressInfo).port;
}

describe("creating a server", () => {
  it("without arguments does not attach it [1, 10]", () => {
    const io = new Server();
    expect(io.httpServer).to.be(undefined);
    expect(io.engine).to.be(undefined);
    expect(io.sockets.name).to.be("/");
  });

  it("with options only does not attach it [1]", () => {
    const io = new Server({ path: "/chat" });
    expect(io.httpServer).to.be(undefined);
    expect(io.path()).to.be("/chat");
  });

  it("accepts options after undefined [1]", () => {
    const io = new Server(undefined, { path: "/chat" });
    expect(io.httpServer).to.be(undefined);
    expect(io.path()).to.be("/chat");
  });

  it("with port 0 listens on a free port [1, 4]", async () => {
    const io = new Server(0);
    openOf(await askHandshake(await addressOf(io)));
  });

  it("with a port listens on it [1, 4]", async () => {
    const port = await takePort();
    const io = new Server(port);
    const error = await nextValue<NodeJS.ErrnoException & { port: number }>(io.httpServer, "error");
    expect(error.code).to.be("EADDRINUSE");
    expect(error.port).to.be(port);
  });

  it("accepts a numeric string as port [1]", async () => {
    const port = await takePort();
    const io = new Server(String(port) as unknown as number);
    const error = await nextValue<NodeJS.ErrnoException & { port: number }>(io.httpServer, "error");
    expect(error.port).to.be(port);
  });

  it("with a port accepts options too [1]", async () => {
    const io = new Server(0, { path: "/chat", pingInterval: 1234 });
    const answer = await askHandshake(await addressOf(io), {}, "/chat/");
    expect(openOf(answer).pingInterval).to.be(1234);
  });

  it("with an HTTP server does not make it listen [1, 2]", async () => {
    const httpServer = createServer();
    const io = new Server(httpServer, { pingInterval: 1234 });
    expect(io.httpServer).to.be(httpServer);
    expect(httpServer.listening).to.be(false);
    const { url } = await listen(io, httpServer);
    expect(openOf(await askHandshake(url)).pingInterval).to.be(1234);
  });

  it("with an HTTP server that listens already works at once [1, 2]", async () => {
    const httpServer = createServer();
    httpServer.listen(0);
    await nextEvent(httpServer, "listening");
    const io = new Server(httpServer);
    const client = connectClient(await addressOf(io), { transports: ["websocket"] });
    await nextEvent(client, "connect");
  });

  it("works without new: the main export is a function [1]", async () => {
    const httpServer = createServer();
    const io = subject(httpServer, { pingInterval: 1234 });
    expect(io).to.be.a(Server);
    expect(io.httpServer).to.be(httpServer);
    const { url } = await listen(io, httpServer);
    expect(openOf(await askHandshake(url)).pingInterval).to.be(1234);
  });

  it("works without new, for a port and for options only [1]", async () => {
    const io = subject(0);
    expect(io).to.be.a(Server);
    openOf(await askHandshake(await addressOf(io)));
    expect((subject as any)()).to.be.a(Server);
    expect(subject({ path: "/chat" }).path()).to.be("/chat");
  });

  it("is possible for subclasses [1]", () => {
    class ChatServer extends Server {
      greeting = "hello";
    }
    const io = new ChatServer({ path: "/chat" });
    expect(io).to.be.a(Server);
    expect(io.path()).to.be("/chat");
    expect(io.greeting).to.be("hello");
  });

  it("creates sockets and namespaces of the exported classes [1]", async () => {
    const io = new Server(0);
    expect(io.sockets).to.be.a(Namespace);
    expect(io.of("/chat")).to.be.a(Namespace);
    const connected = nextValue(io, "connection");
    connectClient(await addressOf(io));
    expect(await connected).to.be.a(Socket);
  });

  it("with an Express application instead of its server throws an error [3]", () => {
    expect(() => new Server(express() as any)).to.throwError((error) => {
      expect((error as Error).message).to.be(EXPRESS_ERROR);
    });
  });
});

describe("attaching later", () => {
  for (const method of ["attach", "listen"] as const) {
    it(`${method}() accepts an HTTP server and returns the server [2]`, async () => {
      const httpServer = createServer();
      const io = new Server();
      expect(io[method](httpServer)).to.be(io);
      expect(io.httpServer).to.be(httpServer);
      expect(io.engine.clientsCount).to.be(0);
      const { connect } = await listen(io, httpServer);
      await nextEvent(connect(), "connect");
      expect(io.engine.clientsCount).to.be(1);
    });

    it(`${method}() accepts a port [2]`, async () => {
      const io = new Server();
      expect(io[method](0, { pingInterval: 1234 })).to.be(io);
      expect(openOf(await askHandshake(await addressOf(io))).pingInterval).to.be(1234);
    });

    it(`${method}() accepts a numeric string as port [2]`, async () => {
      const port = await takePort();
      const io = new Server();
      io[method](String(port));
      const error = await nextValue<NodeJS.ErrnoException & { port: number }>(io.httpServer, "error");
      expect(error.port).to.be(port);
    });

    it(`${method}() throws an error for an Express application [3]`, () => {
      expect(() => new Server()[method](express() as any)).to.throwError((error) => {
        expect((error as Error).message).to.be(EXPRESS_ERROR);
      });
    });
  }

  it("allows handlers to be registered before [2]", async () => {
    const io = new Server();
    const connected = nextEvent(io, "connection");
    const joined = nextEvent(io.of("/chat"), "connection");
    io.listen(0);
    connectClient(`${await addressOf(io)}/chat`);
    await joined;
    connectClient(await addressOf(io));
    await connected;
  });
});

describe("the HTTP server of a port", () => {
  it("answers 404 without a body outside its path [4]", async () => {
    const url = await addressOf(new Server(0));
    for (const path of ["/", "/socket.io", "/index.html"]) {
      const { status, text } = await ask(url + path);
      expect(status).to.be(404);
      expect(text).to.be("");
    }
  });

  it("ends upgrade requests outside its path without a response [4, 9]", async () => {
    const io = new Server(0, { destroyUpgradeTimeout: 1 });
    const { port } = new URL(await addressOf(io));
    const { ended, received } = await askUpgrade(Number(port), "/elsewhere");
    await ended;
    expect(received().length).to.be(0);
  });
});
