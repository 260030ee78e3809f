/** The checks of the event "ask", with the schemas of three libraries. */
import { type } from "arktype";
import * as v from "valibot";
import * as z from "zod";

const schemas = {
  zod: () => ({
    message: z.object({ from: z.string().max(30), text: z.string().max(500) }),
    answer: z.object({ status: z.string() }),
  }),
  valibot: () => ({
    message: v.object({
      from: v.pipe(v.string(), v.maxLength(30)),
      text: v.pipe(v.string(), v.maxLength(500)),
    }),
    answer: v.object({ status: v.string() }),
  }),
  arktype: () => ({
    message: type({ from: "string <= 30", text: "string <= 500", "+": "delete" }),
    answer: type({ status: "string" }),
  }),
};

/** How a handler checks data with each library; it throws if they are wrong. */
const byHand = {
  zod: (message) => (data) => message.parse(data),
  valibot: (message) => (data) => v.parse(message, data),
  arktype: (message) => (data) => message.assert(data),
};

/** The definition of a contract. @param {keyof typeof schemas} library */
export function definitionOf(library) {
  const { message, answer } = schemas[library]();
  return { clientToServer: { ask: { args: [message], ack: answer } } };
}

/** The function that a handler calls without a contract. @param {keyof typeof schemas} library */
export function checkOf(library) {
  return byHand[library](schemas[library]().message);
}
