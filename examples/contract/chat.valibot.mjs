// The same contract with the schemas of valibot.
import { contract } from "socket.io/contract";
import * as v from "valibot";

const Room = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(30));
const Message = v.object({
  room: Room,
  text: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(500)),
});

export const chat = contract({
  answers: "result",
  clientToServer: {
    join: { args: [Room], ack: v.object({ members: v.number() }) },
    message: { args: [Message], ack: v.object({ id: v.string() }) },
    typing: { args: [v.boolean()] },
  },
  serverToClient: {
    message: { args: [v.object({ id: v.string(), from: v.string(), text: v.string() })] },
    whoami: { ack: v.pipe(v.string(), v.trim(), v.minLength(1)) },
  },
  serverToServer: { reload: {} },
  auth: v.object({ token: v.pipe(v.string(), v.minLength(1)), language: v.optional(v.string(), "en") }),
  errors: { ROOM_FULL: v.object({ max: v.number() }) },
});
