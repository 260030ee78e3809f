// The methods of the hub and of its clients: the server and the client import this file.
import { contract } from "socket.io/contract";
import * as z from "zod";

const Room = z.string().min(1).max(30);

export const chat = contract({
  answers: "result",
  clientToServer: {
    join: { args: [Room], ack: z.string() },
    say: { args: [Room, z.string().max(500)], ack: z.number() },
    counter: { args: [z.number().int().min(0).max(100)], ack: z.number() },
  },
  serverToClient: {
    joined: { args: [z.string()] },
    said: { args: [z.string(), z.string()] },
    counted: { args: [z.number()] },
  },
  auth: z.object({ token: z.string() }),
  errors: { NOT_A_MEMBER: z.object({ room: z.string() }) },
});
