/** Typical events, in turn. */
import { message } from "../messages.mjs";

export const events = [
  ["chat", message],
  ["typing", true],
  ["move", 412, 77.5],
  [
    "state",
    {
      id: 42,
      players: [
        { id: "a1", name: "Ada", position: { x: 1.5, y: 2.25 }, alive: true },
        { id: "b2", name: "Grace", position: { x: -3, y: 17 }, alive: false },
      ],
      topic: null,
    },
  ],
];

/** Their names. */
export const names = events.map(([name]) => name);

/** As Engine.IO messages of the main namespace. */
export const encoded = events.map((event) => `2${JSON.stringify(event)}`);
