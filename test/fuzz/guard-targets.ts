/** Generates cases that trigger guards, with an honest client that must be served. */

import type { Random } from "../support/random";
import { type Case, type GuardedServer, HONEST, type Step } from "./cases";
import { controlFrames, finish } from "./connection-targets";
import { binaryPacket, packet, perhapsMutated, SEPARATOR } from "./packets";
import { type HttpTransport, poll, post, requestsOver, text } from "./steps";

/** The number of other connections, which are numbered from 1 on. */
const OTHERS = 5;

/** Long enough for a ping, which the honest client answers in time. */
const LONGEST_TICK = 20_000;

function openFrom(address: string, on: number, more: Record<string, string> = {}, query = ""): Step {
  const headers = { "X-Forwarded-For": address, ...more };
  return { do: "upgrade", on, query: `EIO=4&transport=websocket${query}`, headers };
}

function handshakeFrom(
  address: string,
  on: number,
  more: Record<string, string> = {},
  transport: HttpTransport = "polling",
): Step {
  const headers = { "X-Forwarded-For": address, ...more };
  return { do: "request", on, method: "GET", query: `EIO=4&transport=${transport}`, headers };
}

/** Advances the clock, and lets the honest client answer a ping. */
const tick = (ms: number): Step[] => [
  { do: "tick", ms: Math.min(ms, LONGEST_TICK) },
  text(HONEST, "3"),
  ...(ms > LONGEST_TICK ? tick(ms - LONGEST_TICK) : []),
];

type Attack = (random: Random, on: number) => Step[];

const floods: Attack = (random, on) => [
  text(
    on,
    random.pick([
      '42["echo",1]',
      '42["all","x"]',
      '42/chat,["echo",1]',
      '431["nobody has asked"]',
      "40/dyn-1,",
      "41/dyn-1,",
      "40/slow,",
      "3",
      "4",
      `42["echo","${"x".repeat(random.pick([100, 1_000, 15_000]))}"]`,
      `42["echo"${",0".repeat(random.pick([9_999, 10_000]))}]`,
    ]),
    random.pick([2, 10, 30, 100]),
  ),
];

/** Joins and leaves a namespace. */
const comings: Attack = (random, on) =>
  random.several(1, 6, () => {
    const nsp = random.pick([
      "/dyn-1",
      "/dyn-2",
      "/dyn-3",
      "/dyn-4",
      "/fn-a",
      "/fn-b",
      "/chat",
      "/slow",
      "/no",
    ]);
    return text(on, `4${random.pick([0, 0, 0, 1])}${nsp},${random.chance(0.2) ? '{"hold":true}' : ""}`);
  });

const deepOnes: Attack = (random, on) => {
  const depth = random.pick([5, 18, 19, 20, 21, 300, 2_000]);
  const deep = random.chance(0.5)
    ? `${"[".repeat(depth)}${"]".repeat(depth)}`
    : `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
  return [
    text(
      on,
      random.pick([
        `42["echo",${deep}]`,
        `42["all",${deep}]`,
        `430[${deep}]`,
        `40/chat,{"a":${deep}}`,
        `42${deep}`,
      ]),
    ),
  ];
};

const rooms: Attack = (random, on) =>
  random.several(1, 3, () =>
    random.chance(0.5)
      ? text(on, `42["crowd",${random.several(1, 8, () => random.below(30)).join(",")}]`)
      : text(on, `42["${random.pick(["join", "leave"])}","${random.below(8)}"]`, random.pick([1, 4])),
  );

/** Attachments that arrive completely, partly or not at all, or that are large. */
const attachments: Attack = (random, on) => {
  const { text: head, attachments: whole } = binaryPacket(random, "/");
  const given = random.chance(0.4) ? whole : whole.slice(random.below(whole.length + 1));
  const large = random.several(0, 3, () => "x".repeat(random.pick([7_000, 12_000, 19_000])));
  const announced = random.chance(0.3) ? '53-["echo",{"_placeholder":true,"num":0}]' : head;
  return [
    text(on, `4${announced}`),
    ...(random.chance(0.2) ? [text(on, random.pick(["4", "3", "42[]", "2"]))] : []),
    ...[...given, ...large].map((bytes): Step => ({ do: "binary", on, bytes })),
    ...(random.chance(0.4) ? tick(random.pick([4_999, 5_000])) : []),
  ];
};

/** Requests a session: that of another client, or that of the honest client with incomplete data. */
const claims: Attack = (random, on) => {
  const other = 1 + random.below(OTHERS);
  const from = 1 + random.below(OTHERS);
  const auth = random.pick([
    `{"pid":"$pid${other}","offset":"$offset${other}"}`,
    `{"pid":"$pid${other}","offset":"$offset${other}"}`,
    `{"pid":"$pid${other}","offset":""}`,
    `{"pid":"$pid${HONEST}","offset":""}`,
    `{"pid":"$pid${HONEST}","offset":"unknown"}`,
    `{"pid":"$pid${HONEST}","offset":"$offset${HONEST}x"}`,
    `{"pid":"$pid${HONEST}","offset":7}`,
    `{"pid":"$pid${HONEST}"}`,
  ]);
  return [
    ...(random.chance(0.5) ? [{ do: random.pick(["end", "reset"] as const), on: other }] : []),
    ...(random.chance(0.4) ? [text(from, '42["all","missed"]', random.pick([1, 9, 15]))] : []),
    ...(random.chance(0.2) ? tick(60_000) : []),
    openFrom(`10.1.0.${on}`, on),
    text(on, `40${auth}`),
    ...(random.chance(0.3) ? [text(on, `40${auth}`)] : []),
    ...(random.chance(0.5) ? [{ do: "release" } as const] : []),
  ];
};

const failures: Attack = (random, on) =>
  random.several(1, 2, () => text(on, `42["${random.pick(["throw", "reject", "wonder", "later"])}"]`));

/** Makes the server send more than the client reads. */
const thirst: Attack = (random, on) => [
  ...(random.chance(0.8) ? [{ do: "pause", on } as const] : []),
  text(on, '42["pour"]'),
  ...(random.chance(0.3) ? [text(on, '42["pour"]')] : []),
];

/** Long-polling or server-sent events: simultaneous requests with much data, or requests that do not end. */
const pollings: Attack = (random, on) => requests(random, on, random.pick(["polling", "sse"]));

function requests(random: Random, on: number, transport: HttpTransport): Step[] {
  const { poll, post } = requestsOver(transport);
  return [
    handshakeFrom(random.pick([`10.2.0.${on}`, "10.2.0.1"]), on, {}, transport),
    ...(random.chance(0.8) ? [post(on, "40")] : []),
    ...random.several(1, 4, () =>
      random.weighted<Step>([
        [3, () => poll(on)],
        [2, () => post(on, '42["echo",1]')],
        [1, () => post(on, "x".repeat(random.pick([25_000, 25_001, 60_000])))],
        [
          2,
          () => post(on, new Array(random.pick([49, 50, 51, 200, 501])).fill('42["echo",1]').join(SEPARATOR)),
        ],
        [1, () => post(on, '42["echo",1]', { "Content-Length": "1000" })],
        [1, () => post(on, new Array(40).fill("40/slow,").join(SEPARATOR))],
        [transport === "sse" ? 2 : 0, () => post(on, random.pick(["6", "6", "1"]))],
      ]),
    ),
  ];
}

/** Too many connections, or forbidden ones. */
const connections: Attack = (random) => {
  const from = random.chance(0.6) ? "10.3.0.1" : undefined;
  const more = random.pick<Record<string, string>>([
    {},
    {},
    {},
    { Origin: "http://localhost" },
    { Origin: "http://evil.example" },
    { Origin: "null" },
  ]);
  const open = random.chance(0.5) ? openFrom : handshakeFrom;
  return [
    ...random.several(1, 8, (index) =>
      open(from ?? `10.3.${random.below(3)}.${index}`, 1 + (index % OTHERS), more),
    ),
    ...(random.chance(0.2) ? tick(10_000) : []),
  ];
};

/** An attacker, which does not know the secrets of the honest client. */
const garbage: Attack = (random, on) => {
  const garbled = perhapsMutated(random, packet(random), 0.5);
  return [text(on, `4${garbled.replaceAll(/\$(io|pid|offset)0/g, `$$$1${on}`)}`)];
};

const silence: Attack = (random) => tick(random.pick([100, 1_000, 5_000, 10_000, 45_000]));

const ends: Attack = (random, on) => [{ do: random.pick(["end", "reset"] as const), on }];

/** Pings that a client sends, and whose pongs it perhaps does not read. */
const pings: Attack = (random, on) => [
  ...(random.chance(0.6) ? [{ do: "pause", on } as const] : []),
  ...(random.chance(0.4) ? [text(on, '42["pour"]')] : []),
  ...random.several(1, 2, () => controlFrames(random, on, random.pick([20, 300, 2_000, 20_000]))),
  ...(random.chance(0.4) ? [{ do: "resume", on } as const] : []),
  ...(random.chance(0.4) ? [finish(random, on)] : []),
];

/** Connections that a client ends or resets while the server has data for it, which it does not read. */
const halves: Attack = (random, on) => [
  ...(random.chance(0.5) ? [{ do: "pause", on } as const] : []),
  text(on, random.pick(['42["pour"]', '42["echo",1]', '42["wonder"]', "40/slow,"])),
  { do: random.pick(["end", "end", "reset"] as const), on, text: '42["pour"]' },
  ...(random.chance(0.5) ? [text(HONEST, '42["all","x"]')] : []),
  ...(random.chance(0.5) ? tick(random.pick([1_000, 5_000, 45_000])) : []),
];

/** Long-polling whose requests end in the middle, or whose responses are not read. */
const brokenPollings: Attack = (random, on) => [
  handshakeFrom(`10.2.0.${on}`, on),
  post(on, "40"),
  poll(on),
  ...random.weighted<Step[]>([
    [2, () => [poll(on), { do: "pause", on, of: "request" }, post(on, '42["pour"]')]],
    [1, () => [post(on, '42["echo",1]', { "Content-Length": "1000" })]],
    [1, () => [poll(on)]],
    [1, () => [poll(on), openFrom(`10.2.0.${on}`, on, {}, `&sid=$sid${on}`), text(on, "2probe")]],
  ]),
  { do: random.pick(["end", "reset"] as const), on, ...(random.chance(0.7) && { of: "request" as const }) },
  ...(random.chance(0.5) ? [poll(on)] : []),
  ...(random.chance(0.5) ? tick(random.pick([1_000, 30_000, 45_000])) : []),
];

const answers: Attack = (_random, on) => [text(on, `43$ack${on}["answer"]`)];

/** An honest client, and attackers. */
export function guarded(random: Random): Omit<Case, "target"> {
  const server = random.pick<GuardedServer>(["strict", "lenient"]);
  let echoes = 0;
  const honest = () => text(HONEST, `42["echo","honest ${++echoes}"]`);
  const steps: Step[] = [openFrom("10.0.0.1", HONEST), text(HONEST, "40"), honest()];
  for (let on = 1; on <= 1 + random.below(3); on++) {
    steps.push(openFrom(`10.1.0.${on}`, on), text(on, "40"));
    steps.push(...(random.chance(0.6) ? [text(on, '42["echo","kept"]')] : []));
  }
  for (let left = 1 + random.below(6); left > 0; left--) {
    const on = 1 + random.below(3);
    const attack = random.weighted<Attack>([
      [3, () => floods],
      [3, () => comings],
      [2, () => deepOnes],
      [2, () => rooms],
      [2, () => attachments],
      [3, () => claims],
      [2, () => failures],
      [0.5, () => thirst],
      [1, () => pings],
      [0.7, () => halves],
      [1, () => brokenPollings],
      [3, () => pollings],
      [2, () => connections],
      [2, () => garbage],
      [2, () => silence],
      [1, () => ends],
      [1, () => answers],
      [1, () => () => [{ do: "release" }]],
    ]);
    steps.push(...attack(random, on));
    steps.push(...(random.chance(0.3) ? [honest()] : []));
  }
  return { server, steps: [...steps, honest()] };
}
