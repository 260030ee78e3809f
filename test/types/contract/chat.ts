/** The contract of the programs beside this file, as a server and its clients share it. */
import { contract } from "socket.io/contract";
import * as z from "zod";

export const chat = contract({
  clientToServer: {
    message: {
      args: [z.object({ room: z.string(), text: z.string(), urgent: z.boolean().default(false) })],
      ack: z.object({ id: z.string() }),
    },
    typing: { args: z.boolean() },
    page: { args: [z.string(), z.coerce.number<string>().optional()] },
    list: { args: [z.string().optional(), z.number().optional()], ack: z.array(z.string()) },
    leave: {},
  },
  serverToClient: {
    message: { args: [z.object({ text: z.string(), at: z.date().transform(String) })] },
    whoami: { args: z.number(), ack: z.string().transform((text) => text.length) },
  },
  serverToServer: { reload: { args: z.number(), ack: z.boolean() } },
  auth: z.object({ token: z.string() }),
});

export const game = contract({
  answers: "result",
  clientToServer: { join: { args: z.string(), ack: z.object({ members: z.number() }) } },
  errors: { ROOM_FULL: z.object({ max: z.number() }), CLOSED: z.undefined() },
});
