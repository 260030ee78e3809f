/** The clients of streams.mjs in a separate process: `<dialect>`. They count incoming messages without decoding them. */
import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { WebSocket } from "ws";
import { answerCommands } from "../commands.mjs";
import { marker, message } from "../messages.mjs";
import { pace } from "./pace.mjs";
import { joinByPolling, pathOf, sessionOf } from "./polling-session.mjs";
import { Requests } from "./requests.mjs";

const [, , dialectName] = process.argv;
const markerByte = marker.charCodeAt(0);
const said = `42${JSON.stringify(["say", message])}`;

let port = 0;
let received = 0;
let nextClient = 0;

function count(bytes) {
  for (let at = bytes.indexOf(markerByte); at !== -1; at = bytes.indexOf(markerByte, at + 1)) {
    received++;
  }
}

/** Opens an event stream; resolves with its connection and the first part that `begins` accepts. */
function openStream(path, begins) {
  const socket = connectTcp({ port, host: "127.0.0.1", noDelay: true });
  socket.on("error", () => {});
  socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n`);
  let text = "";
  return new Promise((resolve) => {
    const onStart = (bytes) => {
      text += bytes.latin1Slice();
      if (begins(text)) {
        socket.off("data", onStart);
        socket.on("data", count);
        resolve({ socket, text });
      }
    };
    socket.on("data", onStart);
  });
}

const requests = () => new Requests({ port });

/** Each opens a connection that has joined; `say()` resolves when the next message may be sent. */
const dialects = {
  async sse() {
    let joined;
    const hasJoined = new Promise((resolve) => {
      joined = resolve;
    });
    const { socket, text } = await openStream(pathOf("sse"), (all) => all.includes("}\n\n"));
    socket.on("data", function onData(bytes) {
      if (bytes.includes("data:40")) {
        socket.off("data", onData);
        joined();
      }
    });
    const path = pathOf("sse", sessionOf(text));
    const posts = requests();
    await posts.send("POST", path, "40");
    await hasJoined;
    return clientOver(() => posts.send("POST", path, said), socket, posts);
  },

  async polling() {
    const polls = requests();
    const posts = requests();
    const path = pathOf("polling", await joinByPolling(polls, posts));
    const poll = async () => {
      for (;;) {
        count(await polls.send("GET", path));
      }
    };
    // ends with the connection
    poll().catch(() => {});
    return clientOver(() => posts.send("POST", path, said), polls, posts);
  },

  async websocket() {
    const socket = new WebSocket(`ws://127.0.0.1:${port}${pathOf("websocket")}`, {
      perMessageDeflate: false,
    });
    socket.on("error", () => {});
    await once(socket, "message");
    socket.send("40");
    await once(socket, "message");
    socket.on("message", count);
    return clientOver(() => socket.send(said), { destroy: () => socket.terminate() });
  },

  async sockjs() {
    const path = `/bench/000/${process.pid}-${nextClient++}`;
    const { socket } = await openStream(`${path}/eventsource`, (text) => text.includes("welcome"));
    const posts = requests();
    const body = JSON.stringify([JSON.stringify({ event: "say", data: message })]);
    return clientOver(() => posts.send("POST", `${path}/xhr_send`, body), socket, posts);
  },

  async betterSse() {
    const path = `/${process.pid}-${nextClient++}`;
    const { socket } = await openStream(path, (text) => text.includes("welcome"));
    const posts = requests();
    const body = JSON.stringify({ event: "say", data: message });
    return clientOver(() => posts.send("POST", path, body), socket, posts);
  },
};

function clientOver(say, ...connections) {
  const client = {
    isIdle: true,
    async say() {
      client.isIdle = false;
      await say();
      client.isIdle = true;
    },
    destroy() {
      for (const connection of connections) {
        connection.destroy();
      }
    },
  };
  return client;
}

const open = () => dialects[dialectName]();
const clients = [];

/** Runs a function a number of times, `atOnce` at the same time. */
async function times(number, atOnce, run) {
  let left = number;
  const next = async () => {
    while (left-- > 0) {
      await run();
    }
  };
  await Promise.all(Array.from({ length: atOnce }, next));
}

answerCommands({
  async connect({ port: given, count: number }) {
    port = given;
    await times(number, 20, async () => clients.push(await open()));
  },
  received: () => received,
  async say(plan) {
    let sent = 0;
    let at = 0;
    await pace(plan, (due) => {
      for (let looked = 0; due > 0 && looked < clients.length; looked++) {
        const client = clients[at++ % clients.length];
        if (client.isIdle) {
          due--;
          sent++;
          client.say();
        }
      }
    });
    return { sent };
  },
  visit: ({ count: number, atOnce }) => times(number, atOnce, async () => (await open()).destroy()),
});
