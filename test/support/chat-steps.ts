/** The chat of docs/guides/chat.md, step by step: its programs, and people whose clients behave as its pages do. */
import { randomUUID } from "node:crypto";
import { type ExampleSettings, type RunningExample, runExample } from "./examples";
import { filesBelow } from "./repository";
import { type ClientOptions, type ClientSocket, connectClient } from "./server";
import { eventually, nextEvent } from "./waiting";

/** The passwords of the people, by their names. */
export const passwords: Record<string, string> = { ada: "engine", bob: "builder", carol: "christmas" };

/** The steps from `first` on. */
export function stepsFrom(first: number): number[] {
  return Array.from({ length: 11 - first }, (_, index) => first + index);
}

/** The path of a file of a step, or of the folder of the step. */
export function pathOf(step: number, file?: string): string {
  const folder = `examples/chat-in-ten-steps/${String(step).padStart(2, "0")}`;
  return file === undefined ? folder : `${folder}/${file}`;
}

/** The names of the files of a step. */
export function filesOf(step: number): string[] {
  return filesBelow(pathOf(step)).map((file) => file.slice(pathOf(step).length + 1));
}

/** Starts the server of a step. The last step has two processes. */
export function runStep(step: number, settings: ExampleSettings = {}): Promise<RunningExample> {
  const [file, servers] = step === 10 ? ["cluster.js", 2] : ["server.js", 1];
  return runExample(pathOf(step, file as string).replace("examples/", ""), {
    servers: servers as number,
    ...settings,
  });
}

/** Signs in, and resolves with the cookie, or with undefined if the server refuses the password. */
export async function signIn(
  url: string,
  name: string,
  password = passwords[name] as string,
): Promise<string | undefined> {
  const response = await fetch(`${url}/sign-in`, {
    method: "POST",
    redirect: "manual",
    body: new URLSearchParams({ name, password }),
  });
  return response.headers.get("set-cookie")?.split(";")[0];
}

export interface Person {
  client: ClientSocket;
  /** The lines that the page shows: messages with their authors, and notices. */
  lines: string[];
  /** The names in the room, as the page lists them. */
  people: string[];
  /** Writes a message. From step 7 on, resolves with what the server has answered. */
  say(text: string, id?: string): Promise<unknown>;
  /** Chooses another room, and resolves when the person is there. */
  choose(room: string): Promise<void>;
}

/** Connects as the page of the step does, and resolves when the person is in the room. */
export async function enter(
  step: number,
  url: string,
  name: string,
  more: EnterOptions = {},
): Promise<Person> {
  let room = more.room ?? "lobby";
  const client = connectClient(url, {
    reconnectionDelay: 10,
    reconnectionDelayMax: 10,
    auth: (send: (auth: object) => void) => send(step < 9 ? { name, room } : { room }),
    ...(step >= 7 && { retries: 3, ackTimeout: 10_000 }),
    ...(step >= 9 && { extraHeaders: { cookie: more.cookie ?? (await signIn(url, name)) ?? "" } }),
    ...(step >= 10 && { transports: ["websocket"] }),
    ...more.client,
  });
  const person: Person = {
    client,
    lines: [],
    people: [],
    async say(text, id = randomUUID()) {
      if (step < 7) {
        client.emit("message", text);
        return undefined;
      }
      const message = await client.emitWithAck("message", id, text);
      person.lines.push(lineOf(message));
      return message;
    },
    async choose(next) {
      const chosen = nextEvent(client, "room");
      client.emit("join", next);
      await chosen;
    },
  };
  client.on("message", (message) => person.lines.push(lineOf(message)));
  client.on("notice", (line) => person.lines.push(line));
  client.on("people", (names) => {
    person.people = names;
  });
  client.on("room", (joined, history = []) => {
    room = joined;
    person.lines.splice(0, person.lines.length, ...history.map(lineOf));
  });
  await (step < 5
    ? nextEvent(client, "connect")
    : eventually(() => person.people.includes(name) && person.lines.includes(`Welcome, ${name}!`)));
  return person;
}

export interface EnterOptions {
  room?: string;
  /** The cookie of the session. By default, the person signs in. */
  cookie?: string;
  client?: ClientOptions;
}

function lineOf(message: string | { name: string; text: string } | undefined): string {
  return typeof message === "object" ? `${message.name}: ${message.text}` : String(message);
}
