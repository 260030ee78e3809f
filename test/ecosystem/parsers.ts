/** Parsers other than the default one, on both sides. */
import { EventEmitter } from "node:events";
import expect from "expect.js";
import type { ServerOptions, Socket } from "socket.io";
import msgpackParser from "socket.io-msgpack-parser";
import { eventually, nextEvent, nextEvents, nextValue } from "../support/waiting";
import { client } from "./support/hello";
import { serve } from "./support/served";
import { tested } from "./support/tested";

/** A parser that sends each packet as JSON text, and preserves dates and big numbers. */
const revivingParser = {
  Encoder: class {
    encode(packet: object): string[] {
      return [JSON.stringify(replaced(packet))];
    }
  },
  Decoder: class extends EventEmitter {
    add(text: unknown): void {
      if (typeof text !== "string") {
        throw new Error("a packet is a text");
      }
      this.emit("decoded", JSON.parse(text, revive));
    }
    destroy(): void {}
  },
};

/** Called before JSON.stringify, which calls toJSON() of dates before its replacer. */
function replaced(value: any): any {
  if (value instanceof Date) {
    return { $date: value.getTime() };
  }
  if (typeof value === "bigint") {
    return { $big: String(value) };
  }
  if (Array.isArray(value)) {
    return value.map(replaced);
  }
  if (value !== null && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, replaced(member)]));
  }
  return value;
}

function revive(_key: string, value: any): unknown {
  if (typeof value?.$date === "number") {
    return new Date(value.$date);
  }
  return typeof value?.$big === "string" ? BigInt(value.$big) : value;
}

const ways = [["polling"], ["websocket"], ["polling", "websocket"]];

async function open(parser: any, transports: string[], options: Partial<ServerOptions> = {}) {
  const { io, url } = await serve({ parser, ...options });
  const connection = nextValue<Socket>(io, "connection");
  const near = client(url, { parser, transports });
  const connected = nextEvent(near, "connect");
  const far = await connection;
  await connected;
  if (near.io.engine.transport.name !== transports.at(-1)) {
    await nextEvent(near.io.engine as any, "upgrade");
  }
  return { io, url, near: near as any, far: far as any };
}

/** The data that is sent, and returned in the acknowledgement. */
async function thereAndBack(from: any, to: any, ...args: unknown[]): Promise<[unknown[], unknown[]]> {
  const came = new Promise<unknown[]>((resolve) => {
    to.once("value", (...values: any[]) => {
      const reply = values.pop();
      resolve(values);
      reply(...values);
    });
  });
  const back = await new Promise<unknown[]>((resolve) => {
    from.emit("value", ...args, (...values: unknown[]) => resolve(values));
  });
  return [await came, back];
}

tested({ area: "Tools", name: "MessagePack parser", packages: ["socket.io-msgpack-parser"] }, () => {
  for (const transports of ways) {
    it(`exchanges data of all types, over ${transports.join(", then ")}`, async () => {
      const { near, far } = await open(msgpackParser, transports);
      const bytes = Buffer.from([0, 1, 255]);
      const value = { text: "ü€😀", numbers: [0, -1, 1.5, 2 ** 40], nothing: null, yes: true };
      for (const [from, to] of [
        [near, far],
        [far, near],
      ]) {
        for (const values of await thereAndBack(from, to, value, [], bytes, "last")) {
          expect(values.filter((_, place) => place !== 2)).to.eql([value, [], "last"]);
          expect(bytes.equals(values[2] as Buffer)).to.be(true);
        }
      }
    });
  }

  it("supports rooms, namespaces with auth, and middlewares that refuse clients", async () => {
    const { io, url, near, far } = await open(msgpackParser, ["websocket"]);
    far.join("room");
    const heard = nextEvent(near, "to the room");
    io.to("room").emit("to the room", Buffer.from([7]));
    expect([...(await heard)[0]]).to.eql([7]);
    io.of("/chat").use((socket, next) => {
      const { name } = socket.handshake.auth;
      next(name === "Ada" ? undefined : Object.assign(new Error("not allowed"), { data: { name } }));
    });
    const chat = client(`${url}/chat`, { parser: msgpackParser, auth: { name: "Ada" } });
    await nextEvent(chat, "connect");
    const refused = client(`${url}/chat`, { parser: msgpackParser, auth: { name: "Eve" } });
    const [error] = await nextEvent(refused, "connect_error");
    expect([error.message, error.data]).to.eql(["not allowed", { name: "Eve" }]);
  });

  it("sends a client that comes back its missed events", async () => {
    const { io, near, far } = await open(msgpackParser, ["websocket"], { connectionStateRecovery: {} });
    near.io.reconnection(true);
    const first = nextEvent(near, "text");
    io.emit("text", "first");
    await first;
    const left = nextEvent(far, "disconnect");
    near.io.engine.close();
    await left;
    io.emit("text", "missed", Buffer.from([1]));
    const [text, bytes] = await nextEvent(near, "text");
    expect([text, ...bytes, near.recovered]).to.eql(["missed", 1, true]);
  });
});

tested(
  {
    area: "Tools",
    name: "Custom parser",
    method: "The parser of the tests encodes dates and big integers, which arrive as dates and big integers.",
  },
  () => {
    for (const transports of ways) {
      it(`dates arrive as dates, over ${transports.join(", then ")}`, async () => {
        const { near, far } = await open(revivingParser, transports);
        const value = { at: new Date(0), list: [new Date(86_400_000), 10n ** 20n, "text", null] };
        for (const [from, to] of [
          [near, far],
          [far, near],
        ]) {
          for (const values of await thereAndBack(from, to, value, new Date(1))) {
            const [{ at, list }, other] = values as [typeof value, Date];
            expect(at).to.be.a(Date);
            expect(other.getTime()).to.be(1);
            expect((list[0] as Date).getTime()).to.be(86_400_000);
            expect(list.slice(1)).to.eql([10n ** 20n, "text", null]);
          }
        }
      });
    }

    it("dates arrive in a room, and in another namespace", async () => {
      const { io, url, far, near } = await open(revivingParser, ["websocket"]);
      const chat = client(`${url}/chat`, { parser: revivingParser as any });
      io.of("/chat").on("connection", (socket) => socket.join("room"));
      await nextEvent(chat, "connect");
      far.join("room");
      for (const [nsp, member] of [
        [io, near],
        [io.of("/chat"), chat],
      ] as const) {
        const came = nextValue<Date>(member, "at");
        nsp.to("room").emit("at", new Date(5));
        expect((await came).getTime()).to.be(5);
      }
    });
  },
);

tested(
  {
    area: "Tools",
    name: "MessagePack parser: the other side has another parser",
    packages: ["socket.io-msgpack-parser"],
  },
  () => {
    const parsers: Record<string, any> = {
      usual: undefined,
      MessagePack: msgpackParser,
      custom: revivingParser,
    };
    for (const [here, there] of [
      ["usual", "MessagePack"],
      ["MessagePack", "usual"],
      ["custom", "MessagePack"],
      ["MessagePack", "custom"],
      ["custom", "usual"],
    ] as const) {
      for (const transport of ["polling", "websocket"]) {
        it(`a client with the ${there} parser cannot connect to a server with the ${here} one, over ${transport}`, async () => {
          const options = parsers[here] ? { parser: parsers[here] } : {};
          const { io, url } = await serve(options);
          let entered = 0;
          io.on("connection", () => entered++);
          const opened = nextValue(io.engine, "connection");
          const stranger = client(url, {
            transports: [transport],
            ...(parsers[there] ? { parser: parsers[there] } : {}),
          });
          const ended = nextEvent(stranger.io, "close");
          await nextEvent(await opened, "close");
          await ended;
          expect([entered, stranger.connected, io.engine.clientsCount]).to.eql([0, false, 0]);

          const known = client(url, { transports: [transport], ...(options as any) });
          await nextEvent(known, "connect");
          expect(entered).to.be(1);
        });
      }
    }

    it("clients with another parser do not affect a client with the usual one", async () => {
      const { io, url } = await serve();
      const near = client(url, { transports: ["websocket"] });
      await nextEvent(near, "connect");
      const strangers = nextEvents(io.engine, "connection", 10);
      for (let count = 0; count < 10; count++) {
        client(url, { parser: msgpackParser, transports: ["websocket"] });
      }
      await strangers;
      const came = nextValue(near, "still here");
      await eventually(() => io.engine.clientsCount === 1);
      io.emit("still here", true);
      expect(await came).to.be(true);
    });
  },
);
