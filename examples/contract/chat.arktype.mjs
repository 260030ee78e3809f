// The same contract with the schemas of arktype.
import { type } from "arktype";
import { contract } from "socket.io/contract";

const Room = type("string.trim").to("1 <= string <= 30");
const Message = type({ room: Room, text: type("string.trim").to("1 <= string <= 500") });

export const chat = contract({
  answers: "result",
  clientToServer: {
    join: { args: [Room], ack: type({ members: "number" }) },
    message: { args: [Message], ack: type({ id: "string" }) },
    typing: { args: [type("boolean")] },
  },
  serverToClient: {
    message: { args: [type({ id: "string", from: "string", text: "string" })] },
    whoami: { ack: type("string.trim").to("string >= 1") },
  },
  serverToServer: { reload: {} },
  auth: type({ token: "string >= 1", language: "string = 'en'" }),
  errors: { ROOM_FULL: type({ max: "number" }) },
});
