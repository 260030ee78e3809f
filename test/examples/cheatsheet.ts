/** docs/emit-cheatsheet.md: each call of its tables is in examples/cheatsheet, and reaches the receivers that it names. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import expect from "expect.js";
import { runExample } from "../support/examples";
import { root } from "../support/repository";
import { connectClient } from "../support/server";
import { eventually } from "../support/waiting";

/** The texts that the example sends, with the clients that receive each. Dan is on the second server, Eve in /admin. */
const receivers: Record<string, string[]> = {
  "this client": ["Ada"],
  "message: this client": ["Ada"],
  "this client, not compressed": ["Ada"],
  "all except this client": ["Bob", "Cy", "Dan"],
  "tea except this client": ["Bob", "Dan"],
  "tea or milk, except this client": ["Bob", "Cy", "Dan"],
  "tea without milk, except this client": ["Dan"],
  "this server except this client": ["Bob", "Cy"],
  all: ["Ada", "Bob", "Cy", "Dan"],
  "message: all": ["Ada", "Bob", "Cy", "Dan"],
  tea: ["Ada", "Bob", "Dan"],
  "in tea": ["Ada", "Bob", "Dan"],
  "tea or milk": ["Ada", "Bob", "Cy", "Dan"],
  "all without tea": ["Cy"],
  "tea without milk": ["Ada", "Dan"],
  "one client": ["Dan"],
  "this server": ["Ada", "Bob", "Cy"],
  "tea of this server": ["Ada", "Bob"],
  "the other servers": ["Dan"],
  "all of /admin": ["Eve"],
  "tea of /admin": ["Eve"],
};

/** Connects the five clients. The list has what each has received, as `[name, text]`. */
async function connectAll() {
  const { urls } = await runExample("cheatsheet/index.js", { servers: 2 });
  const [here = "", there = ""] = urls;
  const received: [string, string][] = [];
  const connect = async (name: string, url: string, rooms: string[]) => {
    const client = connectClient(url, { transports: ["websocket"] });
    client.on("news", (text) => received.push([name, text]));
    client.on("message", (text) => received.push([name, `message: ${text}`]));
    client.on("question", (answer) => answer(name));
    await (rooms.length > 0 ? client.emitWithAck("join", rooms) : eventually(() => client.connected));
    return client;
  };
  const ada = await connect("Ada", here, ["tea"]);
  await connect("Bob", here, ["tea", "milk"]);
  await connect("Cy", here, ["milk"]);
  const dan = await connect("Dan", there, ["tea"]);
  await connect("Eve", `${here}/admin`, []);
  let count = 0;
  while (count < 4) {
    count = await ada.emitWithAck("count"); // until the servers know each other
  }
  return { ada, dan, received };
}

describe("the emit cheat sheet", () => {
  it("has only calls that the example makes", () => {
    const page = readFileSync(join(root, "docs/emit-cheatsheet.md"), "utf8").split(
      "## The program",
    )[0] as string;
    const program = readFileSync(join(root, "examples/cheatsheet/index.js"), "utf8");
    const calls = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, call]) => call as string);
    expect(calls.length).to.be(33);
    expect(calls.filter((call) => !program.includes(call.split("…")[0] as string))).to.eql([]);
  });

  it("names the receivers of each event, on two servers [63, 64, 65, 72]", async () => {
    const { ada, dan, received } = await connectAll();
    ada.emit("run", dan.id);
    const wanted = Object.entries(receivers).flatMap(([text, names]) => names.map((name) => [name, text]));
    await eventually(() => received.length >= wanted.length);
    expect(received.sort()).to.eql(wanted.sort());
  });

  it("names the receivers of volatile events [66]", async () => {
    const { ada, received } = await connectAll();
    ada.emit("run volatile");
    await eventually(() => received.length === 1);
    ada.emit("run volatile to all");
    await eventually(() => received.length === 5);
    expect(received.sort()).to.eql([
      ["Ada", "io.volatile"],
      ["Ada", "socket.volatile"],
      ["Bob", "io.volatile"],
      ["Cy", "io.volatile"],
      ["Dan", "io.volatile"],
    ]);
  });

  it("names who answers each question, on two servers [55, 56, 57, 75]", async () => {
    const { ada, dan, received } = await connectAll();
    const answers = await ada.emitWithAck("ask", dan.id);
    const sorted = Object.entries<string | string[]>(answers).map(([call, answer]) => [
      call,
      Array.isArray(answer) ? answer.sort() : answer,
    ]);
    expect(Object.fromEntries(sorted)).to.eql({
      "this client": "Ada",
      "this client in time": "Ada",
      "a callback": "Ada",
      "all except this client": ["Bob", "Cy", "Dan"],
      "tea except this client": ["Bob", "Dan"],
      all: ["Ada", "Bob", "Cy", "Dan"],
      tea: ["Ada", "Bob", "Dan"],
      "this server": ["Ada", "Bob", "Cy"],
      "the other servers": ["a server"],
    });
    expect(received).to.eql([["Dan", "a remote socket"]]);
  });
});
