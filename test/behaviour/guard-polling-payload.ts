import expect from "expect.js";
import { allGuardMessages } from "../support/guard-messages";
import { honestClient } from "../support/honest-client";
import { ask } from "../support/http";
import { type AnySocket, joinPolling } from "../support/joined";
import { ownTest } from "../support/own-tests";
import { type Running, startServer } from "../support/server";
import { nextEvent, nextValue } from "../support/waiting";
import { openPolling } from "../support/wire";

/** For guards that the reference server does not have. */

/** Packets with increasing numbers. */
const numbered = (count: number) => Array.from({ length: count }, (_, i) => `42["n",${i}]`);

/** Packets as a form, as JSONP clients send them. */
const jsonp = (packets: string[]) => `d=${encodeURIComponent(packets.join("\x1e"))}`;

/** Counts the turns of the event loop. */
function turns(): () => number {
  let count = 0;
  let goesOn = true;
  const next = () => {
    count++;
    goesOn && setImmediate(next);
  };
  next();
  return () => {
    goesOn = false;
    return count;
  };
}

/** Collects the numbers that arrive, and resolves with the last one. */
function gather(socket: AnySocket, count: number): { numbers: number[]; all: Promise<void> } {
  const numbers: number[] = [];
  const all = new Promise<void>((resolve) =>
    socket.on("n", (n: number) => {
      numbers.push(n);
      numbers.length === count && resolve();
    }),
  );
  return { numbers, all };
}

/** A polling connection of protocol 3, which joins the main namespace without CONNECT. */
async function joinProtocol3({ io, url }: Running) {
  const connected = nextValue(io, "connection");
  const polling = await openPolling(url, "EIO=3");
  return { polling, socket: await connected };
}

describe("a request with many packets", () => {
  it("is answered when all packets are processed, in order [38]", async () => {
    const running = await startServer();
    const { polling, socket } = await joinPolling(running);
    const { numbers, all } = gather(socket, 1_050);
    expect((await polling.post(...numbered(1_050))).text).to.be("ok");
    await all;
    expect(numbers).to.eql(Array.from({ length: 1_050 }, (_, i) => i));
  });

  ownTest("lets other clients be served meanwhile [security 8]", async () => {
    const running = await startServer();
    const { polling, socket } = await joinPolling(running);
    const { all } = gather(socket, 2_000);
    const first = nextEvent(socket, "n");
    const posted = polling.post(...numbered(2_000));
    await first;
    const count = turns();
    await all;
    expect(count()).to.be.above(15);
    expect((await posted).status).to.be(200);
  });

  ownTest("is not processed further when the server closes the connection [security 8]", async () => {
    const running = await startServer();
    const isServed = await honestClient(running);
    const { polling, socket } = await joinPolling(running);
    const { numbers } = gather(socket, 1_000);
    socket.on("n", (n: number) => n === 150 && socket.disconnect(true));
    expect((await polling.post(...numbered(1_000))).status).to.be(200);
    expect(numbers).to.eql(Array.from({ length: 151 }, (_, i) => i));
    await isServed();
  });

  ownTest("is processed up to the first invalid packet [security 8]", async () => {
    const running = await startServer();
    const { polling, socket } = await joinPolling(running);
    const { numbers } = gather(socket, 1_000);
    const disconnected = nextEvent(socket, "disconnect");
    await polling.post(...numbered(250), "x", ...numbered(250)).catch(() => {});
    expect((await disconnected)[0]).to.be("parse error");
    expect(numbers.length).to.be.within(200, 250);
  });

  ownTest("is not processed further after the end of the connection [security 8]", async () => {
    const running = await startServer();
    const { polling, socket } = await joinPolling(running);
    const disconnected = nextEvent(socket, "disconnect");
    await polling.post(...numbered(3), "1", ...numbered(3));
    expect((await disconnected)[0]).to.be("transport close");
  });
});

describe("limits.packetsPerPayload", () => {
  ownTest(
    "is 10,000 by default: a larger request is refused with 413, and its connection closed [security 8]",
    async () => {
      const running = await startServer({ limits: { packetsPerPayload: 10_000 } });
      const isServed = await honestClient(running);
      const told = allGuardMessages();
      const { polling, socket } = await joinPolling(running);
      const { numbers, all } = gather(socket, 10_000);
      expect((await polling.post(...numbered(10_000))).status).to.be(200);
      await all;
      const disconnected = nextEvent(socket, "disconnect");
      const answer = await polling.post(...Array.from({ length: 10_001 }, () => "3"));
      expect(answer.status).to.be(413);
      expect(JSON.parse(answer.text)).to.eql({
        code: "PACKETS_PER_PAYLOAD",
        message: "A request must not have more than 10000 packets",
      });
      const [reason, description] = await disconnected;
      expect(reason).to.be("transport error");
      expect([description.code, description.message]).to.eql([
        "PACKETS_PER_PAYLOAD",
        "A request must not have more than 10000 packets",
      ]);
      expect(numbers.length).to.be(10_000);
      expect(told.map(({ code, conn }) => [code, conn])).to.eql([["PACKETS_PER_PAYLOAD", socket.conn]]);
      expect((await ask(polling.address)).status).to.be(400);
      await isServed();
    },
  );

  ownTest("can be set, and applies to a million empty packets too [security 8]", async () => {
    const running = await startServer({ limits: { packetsPerPayload: 3 } });
    const { polling, socket } = await joinPolling(running);
    expect((await polling.post(...numbered(3))).status).to.be(200);
    const disconnected = nextEvent(socket, "disconnect");
    expect((await ask(polling.address, { method: "POST", body: "\x1e".repeat(999_999) })).status).to.be(413);
    expect((await disconnected)[1].code).to.be("PACKETS_PER_PAYLOAD");
  });

  ownTest("applies to JSONP [security 8]", async () => {
    const running = await startServer({ limits: { packetsPerPayload: 3 } });
    const connected = nextValue(running.io, "connection");
    const handshake = await ask(`${running.url}/socket.io/?EIO=4&transport=polling&j=0`);
    const [, sid] = /sid\\":\\"([^"\\]+)/.exec(handshake.text) ?? [];
    const post = (...packets: string[]) =>
      ask(`${running.url}/socket.io/?EIO=4&transport=polling&j=0&sid=${sid}`, {
        method: "POST",
        body: jsonp(packets),
      });
    await post("40");
    const socket = await connected;
    const { numbers, all } = gather(socket, 3);
    expect((await post(...numbered(3))).status).to.be(200);
    await all;
    expect(numbers).to.eql([0, 1, 2]);
    const disconnected = nextEvent(socket, "disconnect");
    expect((await post(...numbered(4))).status).to.be(413);
    expect((await disconnected)[1].code).to.be("PACKETS_PER_PAYLOAD");
  });

  ownTest("applies to clients of protocol 3 [security 8]", async () => {
    const running = await startServer({ limits: { packetsPerPayload: 3 }, allowEIO3: true });
    const { polling, socket } = await joinProtocol3(running);
    const { numbers, all } = gather(socket, 3);
    expect((await polling.post(...numbered(3))).status).to.be(200);
    await all;
    expect(numbers).to.eql([0, 1, 2]);
    const disconnected = nextEvent(socket, "disconnect");
    expect((await polling.post(...numbered(4))).status).to.be(413);
    expect((await disconnected)[1].code).to.be("PACKETS_PER_PAYLOAD");
  });

  it("allows a real client to send its buffered packets [security 8]", async () => {
    const running = await startServer();
    const { client, socket } = await running.pair("/", { transports: ["polling"] });
    const { numbers, all } = gather(socket, 3_000);
    for (let i = 0; i < 3_000; i++) {
      client.emit("n", i);
    }
    await all;
    expect(numbers).to.eql(Array.from({ length: 3_000 }, (_, i) => i));
  });
});
