/** Rows whose attackers send packets that cannot be handled, or that make a handler fail. */

import { ask } from "../../support/http";
import { announcement, malformed, NAMES, nestedEvent } from "../../support/malformed-input";
import { clientFrame } from "../../support/websocket-frames";
import { connectWire, openPolling } from "../../support/wire";
import { ATTACKER, dealtWith, flood, join, joinMany, open, openAttack, succeeds, tcpOf } from "./means";
import { closed, counted, type Row } from "./row";

/** Slightly less than the maximum size of a message. */
const LARGE = 900_000;

export const packetRows: Row[] = [
  {
    id: "1",
    what: "A very deeply nested payload that the application sends on",
    serve(io) {
      io.on("connection", (socket) => socket.on("all", (value) => io.emit("all", value)));
      return undefined;
    },
    async attack(target) {
      let ended = 0;
      for (const levels of [6_000, 50_000, 400_000]) {
        const wire = await join(target);
        wire.send(nestedEvent("all", levels));
        await dealtWith(wire.ws);
        ended += wire.ws.readyState === wire.ws.OPEN ? 0 : 1;
      }
      return { ended };
    },
    outcome: ({ ended }) => closed(ended, 3),
  },
  {
    id: "2",
    what: "An event without the arguments that its handler expects",
    extra: { text: "`onHandlerError`", options: { onHandlerError: () => {} } },
    serve(io, count) {
      io.on("connection", (socket) =>
        socket.on("save", (data, done) => {
          count("calls");
          done(data.id);
        }),
      );
      return undefined;
    },
    async attack(target) {
      await flood(await join(target), 500, () => '42["save"]');
      return undefined;
    },
    outcome: ({ calls }) => `${counted(calls, "error")} reported, no other effect`,
  },
  {
    id: "8",
    what: "Very many packets in one long-polling request",
    serve(io, count) {
      io.on("connection", (socket) => socket.on("a", () => count("events")));
      return undefined;
    },
    async attack({ url }) {
      const polling = await openPolling(url, "EIO=4", { headers: ATTACKER });
      await polling.join();
      const many = (count: number) => Array(count).fill('42["a"]').join("\x1e");
      const { status } = await ask(polling.address, { method: "POST", body: many(124_000) });
      return { status };
    },
    outcome: ({ events, status }) => `${counted(events, "event")} handled, status ${status}`,
  },
  {
    id: "9",
    what: "Attachments that are announced, but do not all come",
    options: { attachmentTimeout: 1_000 },
    aftermath: 1_500,
    async attack(target) {
      const wires = await joinMany(target, 30);
      const bytes = Buffer.alloc(LARGE);
      for (const [index, wire] of wires.entries()) {
        // all but one, or all but nine
        const sent = index < 20 ? 9 : 1;
        wire.send(announcement(10), ...Array.from({ length: sent }, () => bytes));
        await dealtWith(wire.ws);
      }
      // the server waits for the rest until its timeout
      await new Promise((resolve) => setTimeout(resolve, 1_200));
      return { closed: wires.length - open(wires) };
    },
    outcome: (facts) => closed(facts.closed, 30),
  },
  {
    id: "16",
    what: "Events, rooms, namespaces and parameters with names such as `__proto__`",
    serve(io, count) {
      io.of(/^\/dynamic-/);
      io.on("connection", (socket) => {
        socket.onAny(() => count("events"));
        socket.on("error", () => count("errors"));
        socket.on("join", (room) => {
          socket.join(room);
          io.to(room).except("nobody").emit("joined", room);
        });
      });
      return () => ({
        polluted: "polluted" in {} || Object.keys(Object.prototype).length > 0 ? 1 : 0,
      });
    },
    async attack(target) {
      for (const name of NAMES) {
        const json = JSON.stringify(name);
        const wire = await openAttack(target, `EIO=4&${name}=1`);
        wire.send(`40{${json}:{"polluted":true}}`);
        await wire.next();
        wire.send(`42[${json}]`, `42[${json},{"polluted":true}]`, `427[${json}]`, `42["join",${json}]`);
        wire.send(`40/${name},`, `40/dynamic-${name},{${json}:{"polluted":true}}`);
        await dealtWith(wire.ws);
        await succeeds(connectWire(target.url, `EIO=4&sid=${name}`, { headers: ATTACKER }));
      }
      return undefined;
    },
    outcome: ({ polluted, errors }) =>
      `${polluted ? "a prototype is changed" : "names like any other"}; a listener of \`error\` receives ${errors || "no"} events`,
  },
  {
    id: "A1",
    what: "An event named `error`, without a listener",
    async attack(target) {
      await flood(await join(target), 1_000, (i) => (i % 2 ? '42["error"]' : '42["error",{"message":"x"}]'));
      return undefined;
    },
    outcome: () => "nothing",
  },
  {
    id: "A2",
    what: "Packets with invalid names or attachments",
    async attack(target) {
      let ended = 0;
      for (const [, , ...frames] of malformed) {
        const wire = await join(target);
        wire.send(...frames);
        await dealtWith(wire.ws);
        ended += wire.ws.readyState === wire.ws.OPEN ? 0 : 1;
      }
      return { ended };
    },
    outcome: ({ ended }) => closed(ended, malformed.length),
  },
  {
    id: "A3",
    what: "A message in an endless sequence of fragments",
    async attack(target) {
      const wires = await joinMany(target, 5);
      for (const [index, wire] of wires.entries()) {
        const { ws } = wire;
        const fragment = clientFrame(0x00, index % 2 ? Buffer.alloc(0) : Buffer.from("x"));
        const many = Buffer.concat(Array(10_000).fill(fragment));
        const stream = tcpOf(wire);
        stream.write(clientFrame(0x01, Buffer.from("4")));
        for (let i = 0; i < 100 && ws.readyState === ws.OPEN; i++) {
          await new Promise((resolve) => stream.write(many, () => resolve(undefined)));
        }
        await dealtWith(ws);
      }
      return { closed: wires.length - open(wires) };
    },
    outcome: (facts) => closed(facts.closed, 5),
  },
  {
    id: "A4",
    what: "Messages above the size limit",
    async attack(target) {
      const wires = await joinMany(target, 10);
      for (const wire of wires) {
        wire.send(Buffer.alloc(8_000_000));
        await dealtWith(wire.ws);
      }
      return { closed: wires.length - open(wires) };
    },
    outcome: (facts) => closed(facts.closed, 10),
  },
];
