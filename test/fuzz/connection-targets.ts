/** Generates cases with control frames, half-closed and reset connections, and clients that stop reading. */

import type { Random } from "../support/random";
import type { Case, ServerName, Step } from "./cases";
import { eventPacket } from "./packets";
import { handshake, openWebSocket, poll, post, text } from "./steps";

/** The client that is disturbed, and another one in the same rooms. */
const DISTURBED = 0;
const OTHER = 1;

/** Control frames with the lengths at which their form or their validity changes; 126 bytes are too many. */
export const controlFrames = (random: Random, on: number, most: number): Step => ({
  do: "control",
  on,
  kind: random.pick(["ping", "ping", "pong"]),
  bytes: "p".repeat(random.pick([0, 0, 1, 4, 125, 125, 126])),
  ...(random.chance(0.5) && { times: 2 + random.below(most) }),
});

/** The end of the client's side, alone or after a packet that the server has to answer. */
export function finish(random: Random, on: number, of?: "request"): Step {
  const text = random.pick(['42["echo","last"]', '42["all","last"]', '421["echo"]', "41", "3", "1"]);
  // a reset may overtake what the server writes, in which case the reason is another one: also with the reference server
  return random.chance(0.3)
    ? { do: "reset", on, ...(of && { of }) }
    : { do: "end", on, ...(of ? { of } : random.chance(0.5) && { text }) };
}

/** The packets of the server that the client has yet to receive, or yet to request. */
function pending(random: Random, say: (packet: string) => Step): Step[] {
  return random.pick<() => Step[]>([
    () => [],
    () => [say('42["echo","kept"]')],
    () => [say('420["later"]')],
    () => [text(OTHER, '42["all","from another client"]')],
    () => [say('42["ask"]'), text(OTHER, '42["ask-all"]')],
    () => [say(`4${eventPacket(random, "/")}`)],
  ])();
}

/** A WebSocket on which pings, pauses, pending packets and ends follow each other. */
function overWebSocket(random: Random): Step[] {
  const say = (packet: string) => text(DISTURBED, packet);
  const steps = [openWebSocket(DISTURBED), say("40")];
  for (let left = 1 + random.below(6); left > 0; left--) {
    steps.push(
      ...random.weighted<Step[]>([
        [4, () => [controlFrames(random, DISTURBED, 200)]],
        [4, () => pending(random, say)],
        [2, () => [{ do: "pause", on: DISTURBED }]],
        [2, () => [{ do: "resume", on: DISTURBED }]],
        [1, () => [{ do: "release" }]],
        [1, () => [{ do: "tick", ms: random.pick([100, 25_000, 20_000]) }]],
      ]),
    );
  }
  return [...steps, ...(random.chance(0.7) ? [finish(random, DISTURBED)] : [])];
}

/** Long-polling, in which the connection of a request ends before its response. */
function overPolling(random: Random): Step[] {
  const say = (packet: string) => post(DISTURBED, packet);
  const steps = [handshake(DISTURBED), say("40"), poll(DISTURBED)];
  const cut = () => finish(random, DISTURBED, "request");
  return [
    ...steps,
    ...(random.chance(0.3) ? [] : pending(random, say)),
    ...random.weighted<Step[]>([
      [3, () => [poll(DISTURBED), cut()]],
      [2, () => [poll(DISTURBED), ...pending(random, say), cut()]],
      // the body is incomplete
      [2, () => [post(DISTURBED, '42["echo",1]', { "Content-Length": "100" }), cut()]],
      [1, () => [poll(DISTURBED), { do: "pause", on: DISTURBED, of: "request" }, ...pending(random, say)]],
    ]),
    poll(DISTURBED),
  ];
}

/** An upgrade whose WebSocket, or whose pending request, ends at any point. */
function duringUpgrade(random: Random): Step[] {
  const say = (packet: string) => post(DISTURBED, packet);
  const upgrading: Step[] = [
    openWebSocket(DISTURBED, `&sid=$sid${DISTURBED}`),
    ...(random.chance(0.5) ? [controlFrames(random, DISTURBED, 20)] : []),
    text(DISTURBED, "2probe"),
    ...(random.chance(0.5) ? [controlFrames(random, DISTURBED, 20)] : []),
    ...(random.chance(0.5) ? [{ do: "tick", ms: 100 } as const] : []),
    text(DISTURBED, "5"),
    ...(random.chance(0.5) ? [text(DISTURBED, '42["echo","upgraded"]')] : []),
  ];
  const cut = random.chance(0.3) ? finish(random, DISTURBED, "request") : finish(random, DISTURBED);
  const start: Step[] = [handshake(DISTURBED), say("40"), poll(DISTURBED)];
  const waits = random.chance(0.6) ? [poll(DISTURBED)] : [];
  return [
    ...start,
    ...waits,
    ...pending(random, say),
    ...upgrading.toSpliced(1 + random.below(upgrading.length), 0, cut),
    ...pending(random, say),
    poll(DISTURBED),
  ];
}

export function connections(random: Random): Omit<Case, "target"> {
  const disturbed = random.weighted([
    [4, () => overWebSocket(random)],
    [3, () => overPolling(random)],
    [3, () => duringUpgrade(random)],
  ]);
  return {
    server: random.pick<ServerName>(["plain", "plain", "recovery"]),
    steps: [
      openWebSocket(OTHER),
      text(OTHER, "40"),
      ...disturbed,
      text(OTHER, '42["all","still there"]'),
      { do: "release" },
      { do: "resume", on: DISTURBED },
      { do: "resume", on: DISTURBED, of: "request" },
      { do: "tick", ms: random.pick([100, 10_000, 45_000]) },
      text(OTHER, '420["rooms"]'),
    ],
  };
}
