/** Rows whose packets are valid, and cost more memory or time than their size suggests. */
import { Decoder, Encoder } from "socket.io-parser";
import { nested } from "../../support/malformed-input";
import { attackers, join, limitedSteps, openAttack, repeat, sendEach, unlessRefused } from "./means";
import { counted, type Row, type Target } from "./row";

/** The number of clients whose `auth` is large. */
const CLIENTS = 53;
/** The number of messages with expensive contents. */
const MESSAGES = 12;

const EMPTY_OBJECTS = `[${"{},".repeat(310_000)}{}]`;
const EMPTY_ARRAYS = `[${"[],".repeat(320_000)}[]]`;
const DEEP_ARRAYS = `[${Array(490).fill(nested(980)).join(",")}]`;

/** A parser of the application that equals the default one. */
class OwnDecoder extends Decoder {}

async function sendAll(target: Target, argument: string): Promise<undefined> {
  await sendEach(await join(target), MESSAGES, `42["x",${argument}]`);
  return undefined;
}

const countEvents: Row["serve"] = (io, count) => {
  io.on("connection", (socket) => socket.on("x", () => count("events")));
  return undefined;
};

const handled: Row["outcome"] = ({ events }) => `${counted(events, "message")} of ${MESSAGES} handled`;

export const contentRows: Row[] = [
  {
    id: "26",
    what: "`auth` of very many empty objects, in a process of 1 GB",
    heap: 1_024,
    serve(io) {
      io.use(({ handshake }, next) => {
        next(handshake.auth.token === "none" ? new Error("not allowed") : undefined);
      });
      return () => ({ connected: attackers(io) });
    },
    async attack(target) {
      const auth = { list: "LIST" };
      const packet = `40${JSON.stringify(auth).replace('"LIST"', EMPTY_OBJECTS)}`;
      await repeat(CLIENTS, 4, async () => {
        const wire = await unlessRefused(openAttack(target));
        wire?.send(packet);
        await (wire && unlessRefused(wire.next()));
      });
      return undefined;
    },
    outcome: ({ connected }) => `${connected} of ${CLIENTS} connected`,
  },
  {
    id: "27",
    what: "Names of namespaces in large messages",
    serve(io) {
      io.of(/^\/room-/);
      return () => ({ namespaces: io._nsps.size - 1 });
    },
    async attack(target) {
      const padding = " ".repeat(800_000);
      const wire = await join(target);
      const goesOn = limitedSteps();
      for (let i = 0; i < 100 && wire.ws.readyState === wire.ws.OPEN && goesOn(); i++) {
        wire.send(`40/room-${i}-of-this-server,{${padding}}`);
        await unlessRefused(wire.next());
      }
      return undefined;
    },
    outcome: ({ namespaces }) => `${counted(namespaces, "namespace")} of 100 created`,
  },
  {
    id: "30",
    what: "Messages of very many empty arrays, with a custom parser",
    options: { parser: { Encoder, Decoder: OwnDecoder } },
    serve: countEvents,
    attack: (target) => sendAll(target, EMPTY_ARRAYS),
    outcome: handled,
  },
  {
    id: "33",
    what: "Messages that are nested 981 levels deep",
    serve: countEvents,
    attack: (target) => sendAll(target, DEEP_ARRAYS),
    outcome: handled,
  },
];
