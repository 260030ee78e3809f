/** Generates cases, by target. */

import type { Random } from "../support/random";
import type { Case, ServerName, Step } from "./cases";
import { clusterMessages } from "./cluster-targets";
import { connections } from "./connection-targets";
import { control, message, mutateBytes, textFrame } from "./frames";
import { guarded } from "./guard-targets";
import {
  binaryPacket,
  bytes,
  connectPacket,
  enginePacket,
  eventPacket,
  packet,
  perhapsMutated,
  SEPARATOR,
} from "./packets";
import { handshake, openWebSocket, poll, post } from "./steps";

type Maker = (random: Random) => Omit<Case, "target">;

const latin1 = (buffer: Buffer) => buffer.toString("latin1");

const base64 = (text: string) => Buffer.from(text, "latin1").toString("base64");

/** Frames of all kinds, in chunks that are split anywhere. */
function webSocketFrames(random: Random): ReturnType<Maker> {
  const joins = random.weighted<"first" | "along" | "never">([
    [6, () => "first"],
    [2, () => "along"],
    [1, () => "never"],
  ]);
  const frames: Buffer[] = joins === "along" ? [textFrame("40")] : [];
  for (let left = 1 + random.below(5); left > 0; left--) {
    random.weighted<void>([
      [6, () => void frames.push(...message(random, 1, Buffer.from(enginePacket(random, "/"))))],
      [1, () => void frames.push(...message(random, 2, Buffer.from(bytes(random), "latin1")))],
      [2, () => void frames.push(control(random))],
      [
        1,
        () => {
          const { text, attachments } = binaryPacket(random, "/");
          frames.push(...message(random, 1, Buffer.from(`4${text}`)));
          for (const attachment of attachments) {
            frames.push(...message(random, 2, Buffer.from(attachment, "latin1")));
          }
        },
      ],
    ]);
  }
  let all: Buffer = Buffer.concat(frames);
  if (random.chance(0.2)) {
    all = mutateBytes(random, all);
  }
  const cuts = random.chance(0.5) ? random.several(1, 4, () => random.below(all.length)) : [];
  return {
    server: "plain",
    steps: [
      openWebSocket(0),
      ...(joins === "first" ? [{ do: "text", on: 0, text: "40" } as const] : []),
      { do: "bytes", on: 0, bytes: latin1(all), cuts },
      ...ending(random),
    ],
  };
}

/** More packets may follow a fault. */
function ending(random: Random): Step[] {
  return random.weighted<Step[]>([
    [3, () => []],
    [1, () => [{ do: "text", on: 0, text: '42["echo","still there"]' }]],
    [1, () => [{ do: "end", on: 0 }]],
    [0.5, () => [{ do: "reset", on: 0 }]],
    [0.5, () => [{ do: "tick", ms: random.pick([25_000, 45_000, 60_000]) }]],
  ]);
}

/** Packets of Socket.IO, valid and invalid, over a WebSocket. */
function packets(random: Random): ReturnType<Maker> {
  const steps: Step[] = [openWebSocket(0)];
  if (random.chance(0.9)) {
    steps.push({ do: "text", on: 0, text: "40" });
  }
  for (let left = 1 + random.below(4); left > 0; left--) {
    if (random.chance(0.3)) {
      const { text, attachments } = binaryPacket(random);
      steps.push({ do: "text", on: 0, text: `4${perhapsMutated(random, text)}` });
      steps.push(...(random.chance(0.1) ? [{ do: "text", on: 0, text: enginePacket(random) } as const] : []));
      steps.push(...attachments.map((sent): Step => ({ do: "binary", on: 0, bytes: sent })));
    } else {
      steps.push({ do: "text", on: 0, text: `4${perhapsMutated(random, packet(random), 0.5)}` });
    }
  }
  return { server: random.chance(0.9) ? "plain" : "roomy", steps: [...steps, ...ending(random)] };
}

/** Bodies of POST requests. */
function payloads(random: Random): ReturnType<Maker> {
  if (random.chance(0.02)) {
    const body = new Array(random.pick([9_999, 10_000, 10_001])).fill("3").join(SEPARATOR);
    return { server: "roomy", steps: [handshake(0), post(0, "40"), post(0, body), poll(0), poll(0)] };
  }
  const joinsFirst = random.chance(0.6);
  const parts = joinsFirst || random.chance(0.2) ? [] : ["40"];
  for (let left = 1 + random.below(5); left > 0; left--) {
    if (random.chance(0.25)) {
      const { text, attachments } = binaryPacket(random, "/");
      parts.push(`4${text}`, ...attachments.map((sent) => `b${base64(sent)}`));
    } else {
      parts.push(enginePacket(random, random.chance(0.7) ? "/" : undefined));
    }
  }
  const body = perhapsMutated(random, parts.join(SEPARATOR));
  const type = random.weighted<Record<string, string>>([
    [8, () => ({ "Content-Type": "text/plain;charset=UTF-8" })],
    [1, () => ({})],
    [0.5, () => ({ "Content-Type": "application/octet-stream" })],
    [0.5, () => ({ "Content-Type": "application/x-www-form-urlencoded" })],
  ]);
  const length = random.weighted<Record<string, string>>([
    [12, () => ({})],
    [1, () => ({ "Content-Length": String(Math.max(0, Buffer.byteLength(body) + random.pick([-1, 1, 5]))) })],
    [0.5, () => ({ "Content-Length": random.pick(["20001", "0", "x", "-1", "99999999999"]) })],
    [0.5, () => ({ "Transfer-Encoding": "chunked" })],
  ]);
  const steps: Step[] = joinsFirst ? [handshake(0), post(0, "40")] : [handshake(0)];
  if (random.chance(0.3)) {
    steps.push(poll(0), ...(random.chance(0.2) ? [poll(0)] : []));
  }
  if (random.chance(0.05)) {
    // does not end
    steps.push({ ...post(0, body), headers: { "Content-Length": String(body.length + 20) } } as Step);
  }
  steps.push({ ...post(0, body), headers: { ...type, ...length } } as Step);
  steps.push(poll(0));
  if (random.chance(0.3)) {
    steps.push(post(0, `4${eventPacket(random, "/")}`), poll(0));
  }
  return { server: "plain", steps };
}

/** Payloads and packets of protocol 3. */
function oldClients(random: Random): ReturnType<Maker> {
  const parts = random.several(1, 4, () => enginePacket(random));
  const body = perhapsMutated(random, parts.map((part) => `${[...part].length}:${part}`).join(""), 0.4);
  const query = "EIO=3&transport=polling";
  const sid = `${query}&sid=$sid0`;
  const polling: Step[] = [
    { do: "request", on: 0, method: "GET", query: query + random.pick(["", "", "&b64=1", "&j=0"]) },
    { do: "request", on: 0, method: "POST", query: sid, body },
    { do: "request", on: 0, method: "GET", query: sid },
  ];
  const overWebSocket: Step[] = [
    { do: "upgrade", on: 0, query: `EIO=3&transport=websocket${random.pick(["", "&b64=1"])}` },
    ...parts.map((part): Step => ({ do: "text", on: 0, text: perhapsMutated(random, part) })),
    { do: "text", on: 0, text: "2" },
  ];
  return { server: "old", steps: random.chance(0.5) ? polling : [...overWebSocket, ...ending(random)] };
}

/** Requests and upgrade requests that open a connection, or do not. */
function handshakes(random: Random): ReturnType<Maker> {
  const query = () =>
    perhapsMutated(
      random,
      [
        random.weighted([
          [8, () => "EIO=4"],
          [1, () => "EIO=3"],
          [1, () => random.pick(["", "EIO", "EIO=5", "EIO=4&EIO=3", "eio=4", "EIO=4%00"])],
        ]),
        random.weighted([
          [5, () => "transport=polling"],
          [5, () => "transport=websocket"],
          [
            1,
            () =>
              random.pick([
                "",
                "transport",
                "transport=webtransport",
                "transport=__proto__",
                "transport=constructor",
                "transport=polling&transport=websocket",
                "transport=Polling",
              ]),
          ],
        ]),
        random.pick([
          "",
          "",
          "",
          "sid=$sid0",
          "sid=__proto__",
          "sid=",
          "sid=%ff",
          "t=abc",
          "a=1&a=2",
          "b64=1",
          "j=0",
        ]),
      ]
        .filter((part) => part !== "")
        .join("&"),
      0.2,
    ).replace(/[^\x21-\x7e]/g, "%");
  const headers = (): Record<string, string> =>
    random.weighted<Record<string, string>>([
      [4, () => ({})],
      [1, () => ({ Origin: random.pick(["http://localhost", "null", "\x01", "é"]) })],
      [1, () => ({ "Sec-WebSocket-Key": random.pick(["", "abc", "dGhlIHNhbXBsZSBub25jZQ=="]) })],
      [1, () => ({ "Sec-WebSocket-Version": random.pick(["8", "12", "14", "x"]) })],
      [1, () => ({ Upgrade: random.pick(["h2c", "WebSocket", ""]) })],
      [1, () => ({ "Sec-WebSocket-Protocol": random.pick(["a", "a,b", ",", "a a"]) })],
      [
        1,
        () => ({
          "Sec-WebSocket-Extensions": random.pick(["permessage-deflate", "x", "permessage-deflate;;", ";"]),
        }),
      ],
      [1, () => ({ Connection: random.pick(["close", "keep-alive, Upgrade", "upgrade"]) })],
    ]);
  const steps = random.several(1, 4, (index): Step => {
    const on = index === 0 ? 0 : random.below(2);
    return random.chance(0.5)
      ? {
          do: "request",
          on,
          method: random.pick(["GET", "GET", "GET", "POST", "OPTIONS", "PUT", "DELETE", "HEAD", "PATCH"]),
          query: query(),
          headers: headers(),
          body: random.chance(0.3) ? "40" : undefined,
        }
      : { do: "upgrade", on, query: query(), headers: headers() };
  });
  return {
    server: random.pick<ServerName>(["plain", "plain", "old", "recovery"]),
    steps: [...steps, { do: "text", on: 0, text: "40" }, { do: "tick", ms: random.pick([1000, 45_000]) }],
  };
}

interface Partner {
  isWebSocket: boolean;
  /** The namespaces of a connection, if all goes well. */
  joined: string[];
}

/** Two clients that join, emit, acknowledge, upgrade, stay silent, reconnect and leave, in any order. */
function sessions(random: Random): ReturnType<Maker> {
  const server = random.pick<ServerName>(["plain", "plain", "recovery", "recovery", "old"]);
  const partners: Partner[] = [0, 1].map(() => ({ isWebSocket: random.chance(0.6), joined: [] }));
  const steps: Step[] = partners.map(({ isWebSocket }, on) =>
    isWebSocket ? openWebSocket(on) : handshake(on),
  );
  const say = (on: number, text: string) =>
    steps.push(partners[on].isWebSocket ? { do: "text", on, text } : post(on, text));
  const join = (on: number, nsp: string) => {
    const { joined } = partners[on];
    if (!joined.includes(nsp)) {
      joined.push(nsp);
      say(on, nsp === "/" ? "40" : `4${random.chance(0.7) ? `0${nsp},` : connectPacket(random, nsp)}`);
    }
  };
  join(0, "/");
  join(1, random.pick(["/", "/", "/chat"]));
  for (let left = 3 + random.below(8); left > 0; left--) {
    const on = random.below(2);
    const { isWebSocket, joined } = partners[on];
    const nsp = random.pick(joined) ?? "/";
    const prefix = nsp === "/" ? "" : `${nsp},`;
    random.weighted<unknown>([
      [4, () => join(on, random.pick(["/", "/chat", "/slow", "/dyn-1", "/dyn-2", "/fn-a", "/deny"]))],
      [8, () => say(on, `4${eventPacket(random, nsp)}`)],
      [2, () => say(on, `42${prefix}["echo","kept"]`)],
      [
        2,
        () => {
          say(on, `42${prefix}["${random.pick(["ask", "hurry", "ask-all"])}"]`);
          steps.push(...(isWebSocket ? [] : [poll(on)]));
          say(on, `43${prefix}$ack${on}["answer"]`);
        },
      ],
      [
        1,
        () => {
          joined.splice(joined.indexOf(nsp), 1);
          say(on, `41${prefix}`);
        },
      ],
      [1, () => say(on, "3")],
      [0.5, () => say(on, `4${packet(random)}`)],
      [0.2, () => say(on, random.pick(["2", "5", "1", "6"]))],
      [3, () => steps.push({ do: "release" })],
      [2, () => steps.push({ do: "tick", ms: random.pick([100, 500, 10_000, 25_000, 30_000, 45_000]) })],
      [0.3, () => steps.push({ do: random.pick(["end", "reset"] as const), on })],
      [isWebSocket ? 3 : 0, () => steps.push(...comingBack(random, on, partners[on]))],
      [isWebSocket ? 0 : 2, () => steps.push(poll(on))],
      [isWebSocket ? 0 : 1.5, () => steps.push(...upgrade(random, on, partners[on]))],
      [0.2, () => steps.push(openWebSocket(on, "&sid=$sid0"))],
    ]);
  }
  steps.push(...partners.flatMap(({ isWebSocket }, on) => (isWebSocket ? [] : [poll(on)])));
  return { server, steps };
}

/** The connection is lost, and the client requests its session again. */
function comingBack(random: Random, on: number, partner: Partner): Step[] {
  partner.joined = ["/"];
  const text = random.pick([
    `40{"pid":"$pid${on}","offset":"$offset${on}"}`,
    `40{"pid":"$pid${on}","offset":"$offset${on}"}`,
    `40{"pid":"$pid${on}"}`,
    `40{"pid":"$pid${on}","offset":"${random.pick(["", "unknown"])}"}`,
    `40{"pid":"$pid${1 - on}","offset":"$offset${on}"}`,
    `40{"pid":"$pid${1 - on}","offset":"${random.pick(["", "unknown"])}"}`,
    "40",
  ]);
  return [
    { do: random.pick(["end", "reset"] as const), on },
    ...(random.chance(0.3) ? [{ do: "tick", ms: random.pick([60_000, 110_000, 180_000]) } as const] : []),
    openWebSocket(on),
    { do: "text", on, text },
    ...(random.chance(0.3) ? [{ do: "release" } as const] : []),
  ];
}

/** From polling to a WebSocket, with or without a pending poll, sometimes incomplete. */
function upgrade(random: Random, on: number, transport: Partner): Step[] {
  const steps: Step[] = [
    ...(random.chance(0.6) ? [poll(on)] : []),
    openWebSocket(on, `&sid=$sid${on}`),
    { do: "text", on, text: random.chance(0.95) ? "2probe" : random.pick(["5", "40", "2"]) },
    ...(random.chance(0.6) ? [{ do: "tick", ms: 100 } as const] : []),
    ...(random.chance(0.2) ? [post(on, `4${eventPacket(random, "/")}`)] : []),
  ];
  if (random.chance(0.85)) {
    steps.push({ do: "text", on, text: "5" });
    transport.isWebSocket = true;
  }
  return steps;
}

const makers: Record<string, Maker> = {
  webSocketFrames,
  packets,
  payloads,
  oldClients,
  handshakes,
  sessions,
  connections,
  clusterMessages,
  guarded,
};

export const targets = Object.keys(makers);

/** A case for a target; it depends on the seed only. */
export function makeCase(target: string, random: Random): Case {
  return { target, ...makers[target](random) };
}
