/** Gateways of NestJS in a namespace with a contract. */
import { type CanActivate, Module, UseGuards } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { SubscribeMessage, WebSocketGateway, WebSocketServer, WsException } from "@nestjs/websockets";
import expect from "expect.js";
import type { Server } from "socket.io";
import { onTestEnd } from "../support/cleanup";
import { guardMessages } from "../support/guard-messages";
import { nextValue } from "../support/waiting";
import { ContractAdapter } from "./fixtures/nest-contract";
import { client } from "./support/hello";
import { tested } from "./support/tested";

/** The texts that guards and handlers have received. */
const seen: string[] = [];

class Guard implements CanActivate {
  canActivate(context: any): boolean {
    const { text } = context.switchToWs().getData();
    seen.push(`guard ${text}`);
    if (text === "forbidden") {
      throw new WsException("not allowed");
    }
    return true;
  }
}

class Gateway {
  server!: Server;

  message(_socket: unknown, { text }: { text: string }): { length: number } {
    seen.push(`handler ${text}`);
    return { length: text.length };
  }

  shout(_socket: unknown, text: string): { event: string; data: string } {
    return { event: "shouted", data: text.toUpperCase() };
  }
}
// the decorators do the same
const method = (name: string) => Object.getOwnPropertyDescriptor(Gateway.prototype, name)!;
UseGuards(Guard)(Gateway.prototype, "message", method("message"));
SubscribeMessage("message")(Gateway.prototype, "message", method("message"));
SubscribeMessage("shout")(Gateway.prototype, "shout", method("shout"));
WebSocketServer()(Gateway.prototype, "server");
WebSocketGateway()(Gateway);

class Application {}
Module({ providers: [Gateway] })(Application);

tested(
  {
    area: "Frameworks",
    name: "NestJS: with a contract",
    packages: ["@nestjs/core", "@nestjs/platform-socket.io", "@nestjs/websockets", "zod"],
  },
  () => {
    async function start() {
      seen.length = 0;
      const app = await NestFactory.create(Application, { logger: false });
      app.useWebSocketAdapter(new ContractAdapter(app));
      await app.listen(0, "127.0.0.1");
      onTestEnd(() => app.close());
      const { server } = app.get(Gateway);
      const socket = client((await app.getUrl()).replace("[::1]", "127.0.0.1"));
      return { socket, guards: guardMessages(server) };
    }

    it("passes events to guards and handlers as the schemas return them, and answers", async () => {
      const { socket } = await start();
      expect(await socket.emitWithAck("message", { text: " hello " })).to.eql({ length: 5 });
      expect(seen).to.eql(["guard hello", "handler hello"]);
      socket.emit("shout", "hello");
      expect(await nextValue(socket, "shouted")).to.be("HELLO");
    });

    it("does not pass wrong and unknown events to guards and handlers", async () => {
      const { socket, guards } = await start();
      socket.emit("message", { text: 1 });
      socket.emit("massage", { text: "a" });
      expect(await socket.emitWithAck("message", { text: "b" })).to.eql({ length: 1 });
      expect(seen).to.eql(["guard b", "handler b"]);
      expect(guards.map(({ code }) => code)).to.eql(["INVALID_PAYLOAD", "UNKNOWN_EVENT"]);
    });

    it("sends the event exception of its filters", async () => {
      const { socket } = await start();
      socket.emit("message", { text: "forbidden" });
      expect((await nextValue(socket, "exception")).message).to.be("not allowed");
      expect(seen).to.eql(["guard forbidden"]);
    });
  },
);
