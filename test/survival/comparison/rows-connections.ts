/** Rows whose attackers open connections, or should be refused. */

import { once } from "node:events";
import { Agent } from "node:http";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { ask, askHandshake, askUpgrade, upgradeRequest } from "../../support/http";
import { REFUSED_UPGRADES, TRANSPORTS } from "../../support/malformed-input";
import { statusesOf } from "../../support/refusals";
import type { ServerType } from "../../support/subject";
import { openSession } from "../../support/web-transport";
import { connectWire, openPolling } from "../../support/wire";
import { ATTACKER, join, open, openAttack, repeat, succeeds, unlessRefused } from "./means";
import { counted, type Facts, number, type Row } from "./row";

/** The number of connections over this transport; honest clients use WebSocket. */
function connections({ engine }: ServerType, transport: string): Facts {
  const { clients } = engine as unknown as { clients: Record<string, { transport: { name: string } }> };
  return {
    connections: Object.values(clients).filter((conn) => conn.transport.name === transport).length,
  };
}

export const connectionRows: Row[] = [
  {
    id: "7",
    what: "Connections opened over long-polling and left alone",
    serve: (io) => () => connections(io, "polling"),
    async attack({ url }) {
      const agent = new Agent({ keepAlive: true, maxSockets: 40 });
      await repeat(10_000, 40, () => askHandshake(url, { agent, headers: ATTACKER }));
      agent.destroy();
      return undefined;
    },
    outcome: (facts) => `${number(facts.connections)} of 10,000 sessions stay open`,
    harm: (facts) => facts.connections,
  },
  {
    id: "11",
    what: "One session for recovery, claimed by several connections",
    options: { connectionStateRecovery: {} },
    serve(io) {
      io.on("connection", (socket) => socket.emit("first"));
      return undefined;
    },
    async attack(target) {
      const first = await openAttack(target);
      const { sid, pid } = JSON.parse(String(await first.join()).slice(2));
      const offset = JSON.parse(String(await first.next()).slice(2)).at(-1);
      first.ws.terminate();
      await sleep(100);
      const wires = [];
      for (let i = 0; i < 10; i++) {
        const wire = await openAttack(target);
        wire.send(`40${JSON.stringify({ pid, offset })}`);
        for (let packet = ""; !packet.startsWith("40"); ) {
          packet = String(await wire.next());
          if (packet.startsWith(`40{"sid":"${sid}"`)) {
            wires.push(wire);
          }
        }
      }
      await sleep(100);
      return { claims: open(wires) };
    },
    outcome: ({ claims }) => `${counted(claims, "live connection")} with one id`,
    harm: ({ claims }) => claims,
  },
  {
    id: "12",
    what: "WebSockets from pages of another origin, with the cookies of the user",
    extra: { text: "`allowedOrigins`", options: { allowedOrigins: "https://app.example" } },
    async attack(target) {
      const headers = { ...ATTACKER, Origin: "https://evil.example", Cookie: "session=1" };
      const { websocket } = await statusesOf(target, headers);
      return { websocket };
    },
    outcome: ({ websocket }) => (websocket === 101 ? "accepted" : "refused"),
    harm: ({ websocket }) => Number(websocket === 101),
  },
  {
    id: "13",
    what: "WebTransport sessions, for which `allowRequest` is not called",
    extra: {
      text: "`limits.connections`",
      options: { limits: { connections: 100 } },
      // the limit is reached
      refusesNewcomers: true,
    },
    serve(io) {
      io.on("connection", (socket) =>
        socket.on("sessions", async (done) => {
          for (let i = 0; i < 500; i++) {
            const client = openSession();
            io.engine.onWebTransportSession(client.session as never);
            // the session was refused: there is no data
            await Promise.race([client.send({ type: "open" }), client.session.closed]);
            await new Promise(setImmediate);
          }
          done();
        }),
      );
      return () => connections(io, "webtransport");
    },
    async attack(target) {
      const wire = await join(target);
      wire.send('420["sessions"]');
      await wire.next();
      return undefined;
    },
    outcome: (facts) => `${number(facts.connections)} of 500 sessions stay open`,
    harm: (facts) => facts.connections,
  },
  {
    id: "14",
    what: "Requests with the path, and with similar paths",
    async attack({ url }) {
      let below = 0;
      let beside = 0;
      await repeat(300, 20, async () => {
        const [one, other] = [
          await askHandshake(url, { headers: ATTACKER }, "/socket.io/evil"),
          await askHandshake(url, { headers: ATTACKER }, "/socket.iofoo"),
        ];
        below += Number(one.text.includes('"sid"'));
        beside += Number(other.text.includes('"sid"'));
      });
      return { below, beside };
    },
    outcome: ({ below, beside }) =>
      `the engine serves ${number(below)} of 300 for /socket.io/evil, ${number(beside)} for /socket.iofoo`,
  },
  {
    id: "A5",
    what: "A session of one version of the protocol, upgraded with another",
    options: { allowEIO3: true },
    async attack({ url }) {
      let upgraded = 0;
      for (const [version, other] of [
        [4, 3],
        [3, 4],
      ]) {
        await repeat(50, 10, async () => {
          const polling = await unlessRefused(openPolling(url, `EIO=${version}`, { headers: ATTACKER }));
          const query = `EIO=${other}&sid=${polling?.opened.sid}`;
          upgraded += Number(await succeeds(connectWire(url, query, { headers: ATTACKER })));
        });
      }
      return { upgraded };
    },
    outcome: ({ upgraded }) => `${upgraded || "none"} of 100 upgraded`,
  },
  {
    id: "A6",
    what: "Bytes instead of text, unknown transports",
    async attack({ url, port }) {
      let refused = 0;
      const headers = { ...ATTACKER, "content-type": "application/octet-stream" };
      await repeat(50, 10, async () => {
        const polling = await unlessRefused(openPolling(url, "EIO=4", { headers: ATTACKER }));
        await polling?.join();
        const address = polling?.address ?? `${url}/socket.io/?EIO=4&transport=polling&sid=unknown`;
        const { status } = await ask(address, { method: "POST", body: '42["x"]', headers });
        refused += Number(status === 400);
      });
      for (const transport of TRANSPORTS) {
        const target = `/socket.io/?EIO=4&transport=${transport}`;
        refused += Number((await ask(url + target)).status === 400);
        const { received, ended } = await askUpgrade(port, target);
        await ended;
        refused += Number(received().toString().startsWith("HTTP/1.1 400 "));
      }
      return { refused };
    },
    harm: ({ refused }) => 50 + 2 * TRANSPORTS.length - refused,
    outcome: ({ refused }) => `${refused} of ${50 + 2 * TRANSPORTS.length} requests are refused`,
  },
  {
    id: "A7",
    what: "Connections that break while they are being refused",
    async attack({ port }) {
      for (const target of REFUSED_UPGRADES) {
        await repeat(200, 20, async (index) => {
          const socket = connect({ port, host: "localhost" });
          socket.on("error", () => {});
          await once(socket, "connect");
          const gone = once(socket, "close");
          socket.write(upgradeRequest(target, ATTACKER));
          await sleep(index % 3);
          socket.resetAndDestroy();
          await gone;
        });
      }
      return undefined;
    },
    outcome: () => "nothing",
  },
];
