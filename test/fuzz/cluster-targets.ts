/** Generates messages of other servers of a cluster: valid ones, with members of a wrong type, missing, mutated or deep. */

import type { Random } from "../support/random";
import { type Case, HONEST, type Step } from "./cases";
import { mutate } from "./packets";
import { openWebSocket, text } from "./steps";

/** The types of messages of socket.io-adapter are 1 to 13. */
const types = [...Array.from({ length: 13 }, (_, index) => index + 1), 3, 3, 6, 8, 9, 9, 10, 11, 12] as const;

const DEPTH = 3_000;

/** JSON texts where another value is expected. */
export function junk(random: Random): string {
  return random.pick<() => string>([
    () =>
      random.pick([
        "null",
        "true",
        "0",
        "-1",
        "1e308",
        "9007199254740993",
        "0.5",
        '""',
        '"error"',
        '"__proto__"',
        "[]",
        "{}",
        "[null]",
        "[[]]",
      ]),
    () => random.pick(['{"length":4294967295}', '{"__proto__":{"rooms":["x"]}}', '{"constructor":null}']),
    () => `"${"x".repeat(random.pick([126, 65_536]))}"`,
    () => "[".repeat(DEPTH) + "]".repeat(DEPTH),
    () => `${'{"a":'.repeat(DEPTH)}1${"}".repeat(DEPTH)}`,
    () => `[${"0,".repeat(20_000)}0]`,
    () => '{"_placeholder":true,"num":1000000000}',
  ])();
}

/** The members of an object, of which one may be wrong, missing or additional. */
function object(random: Random, members: Record<string, string>): string {
  const entries = Object.entries(members);
  const index = random.below(entries.length);
  if (random.chance(0.4)) {
    random.pick([
      () => entries.splice(index, 1),
      () => entries.splice(index, 1, [entries[index][0], junk(random)]),
      () => entries.splice(index, 1, [entries[index][0], junk(random)]),
      () =>
        entries.push([random.pick(["__proto__", "constructor", "then", "toJSON", "length"]), junk(random)]),
    ])();
  }
  return `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(",")}}`;
}

function event(random: Random): string {
  return random.pick([
    '["aside",1]',
    '["aside"]',
    '["hello",{"a":[1]}]',
    '["error","x"]',
    '["connection",{}]',
    '["connect"]',
    '["new_namespace",{}]',
    '["disconnect"]',
    '["__proto__",1]',
    "[]",
    "[null]",
  ]);
}

function packet(random: Random): string {
  return object(random, {
    type: random.pick(["2", "2", "2", "0", "1", "3", "4", "5", "6", "7", "99", '"2"']),
    data: random.chance(0.9) ? event(random) : junk(random),
    nsp: random.pick(['"/"', '"/"', '"/chat"', '"/nowhere"', "5"]),
    ...(random.chance(0.2) && { id: random.pick(["0", "-1", '"x"', "1e20"]) }),
    ...(random.chance(0.1) && { attachments: "3" }),
  });
}

function options(random: Random): string {
  const room = () => random.pick(['"early"', '"$io0"', '"room"', '"nobody"', '"__proto__"']);
  return object(random, {
    rooms: random.pick(["[]", `[${room()}]`, `[${room()},${room()}]`]),
    except: random.pick(["[]", "[]", `[${room()}]`]),
    flags: object(random, random.chance(0.3) ? { volatile: "true", compress: "false" } : { timeout: "500" }),
  });
}

/** A socket of another server, as fetchSockets() returns it. */
function remote(random: Random): string {
  return object(random, { id: '"other"', rooms: '["other"]', handshake: "{}", data: "{}" });
}

function data(random: Random, type: number): string | undefined {
  const requestId = random.pick(['"$request0"', '"$request0"', '"never"']);
  switch (type) {
    case 3:
      return object(random, {
        opts: options(random),
        packet: packet(random),
        ...(random.chance(0.4) && { requestId }),
      });
    case 4:
    case 5:
      return object(random, { opts: options(random), rooms: random.pick(['["room"]', '["a","b"]']) });
    case 6:
      return object(random, { opts: options(random), close: random.pick(["false", "true"]) });
    case 7:
      return object(random, { opts: options(random), requestId });
    case 8:
      return object(random, { requestId, sockets: `[${remote(random)}]` });
    case 9:
      return object(random, { packet: event(random), ...(random.chance(0.5) && { requestId }) });
    case 10:
      return object(random, { requestId, packet: random.pick(['["one"]', "1", "null"]) });
    case 11:
      return object(random, { requestId, clientCount: random.pick(["1", "0", "-1", "1e9"]) });
    case 12:
      return object(random, { requestId, packet: random.pick(['["answer"]', '"answer"', "null"]) });
    default:
      return random.chance(0.5) ? undefined : junk(random);
  }
}

/** The JSON text of a message, with the placeholders of cases.ts. */
export function clusterMessage(random: Random): string {
  const type = random.chance(0.95) ? random.pick(types) : random.pick([0, 14, -1, 1e9]);
  const content = random.chance(0.95) ? data(random, type) : junk(random);
  const json = object(random, {
    uid: random.pick(['"other"', '"other"', '"another"', '"$uid0"', '"emitter"']),
    nsp: random.pick(['"/"', '"/"', '"/"', '"/chat"', '"/nowhere"']),
    type: String(type),
    ...(content !== undefined && { data: content }),
  });
  return random.chance(0.1) ? mutate(random, json) : json;
}

/** A request, or a response, of @socket.io/redis-adapter, as JSON text. */
export function redisRequest(random: Random): string {
  const json = object(random, {
    type: random.pick(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "-1", '"0"']),
    uid: random.pick(['"other"', '"another"']),
    requestId: random.pick(['"r"', '"$request0"', "5"]),
    ...(random.chance(0.6) && { opts: options(random) }),
    ...(random.chance(0.6) && { rooms: random.pick(['["room"]', "[]", '["a","b"]']) }),
    ...(random.chance(0.4) && { sid: '"$io0"', room: '"room"' }),
    ...(random.chance(0.4) && { data: event(random) }),
    ...(random.chance(0.4) && { packet: packet(random) }),
    ...(random.chance(0.2) && { sockets: `[${remote(random)}]` }),
    ...(random.chance(0.2) && { clientCount: "1" }),
  });
  return random.chance(0.1) ? mutate(random, json) : json;
}

/** The three values of a broadcast of @socket.io/redis-adapter, as JSON text. */
export function redisBroadcast(random: Random): string {
  return random.chance(0.9) ? `["other",${packet(random)},${options(random)}]` : junk(random);
}

/** A request of the application to the other servers, which may exist and may answer. */
function request(random: Random): Step[] {
  const asked = text(HONEST, random.pick(['42["who"]', '42["aside"]', '42["ask-all"]', '42["tell"]']));
  const exists: Step = { do: "message", json: '{"uid":"other","nsp":"/","type":2}' };
  return random.chance(0.8) ? [exists, asked] : [asked];
}

/** A clustered server with an honest client, and another server that sends anything. */
export function clusterMessages(random: Random): Omit<Case, "target"> {
  const steps: Step[] = [openWebSocket(HONEST), text(HONEST, "40")];
  for (let left = 1 + random.below(6); left > 0; left--) {
    steps.push(
      ...random.weighted<Step[]>([
        [6, () => [{ do: "message", json: clusterMessage(random) }]],
        [2, () => request(random)],
        [0.5, () => [text(HONEST, `420["echo",${left}]`)]],
        [0.5, () => [{ do: "tick", ms: random.pick([500, 5_000]) }]],
      ]),
    );
  }
  // disconnected by a valid message, a client comes back
  steps.push(openWebSocket(1), text(1, "40"), text(1, '420["echo","served"]'), text(1, '42["together"]'));
  return { server: "clustered", steps };
}
