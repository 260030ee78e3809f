// The contract with the schemas of zod: the server and the page import this file.
import { contract } from "socket.io/contract";
import * as z from "zod";

const Room = z.string().trim().min(1).max(30);
const Message = z.object({ room: Room, text: z.string().trim().min(1).max(500) });

export const chat = contract({
  answers: "result",
  clientToServer: {
    join: { args: [Room], ack: z.object({ members: z.number() }) },
    message: { args: [Message], ack: z.object({ id: z.string() }) },
    typing: { args: [z.boolean()] },
  },
  serverToClient: {
    message: { args: [z.object({ id: z.string(), from: z.string(), text: z.string() })] },
    whoami: { ack: z.string().trim().min(1) },
  },
  serverToServer: { reload: {} },
  auth: z.object({ token: z.string().min(1), language: z.string().default("en") }),
  errors: { ROOM_FULL: z.object({ max: z.number() }) },
});
