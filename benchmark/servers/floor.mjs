/**
 * The floor: a bare socket that answers the upgrade, ignores incoming data and writes prepared frames. The frames for one
 * client in one turn of the event loop are one write.
 */
import { answer, message, messageOf } from "../messages.mjs";
import { FrameCounter } from "../wire/counter.mjs";
import { serverFrame } from "../wire/frames.mjs";
import { upgradeResponse } from "../wire/upgrade.mjs";
import { listen, tcpServer } from "./listen.mjs";

/** The largest number of frames in one write. */
const longestRun = 2048;

/** @param {import("./main.mjs").Config} config */
export async function start(config) {
  const frameOf = (text) => serverFrame(text, config);
  const hello = frameOf(JSON.stringify({ event: "welcome" }));
  const runs = {
    broadcast: repeated(frameOf(`42${JSON.stringify(["news", messageOf(config.bytes)])}`)),
    chat: repeated(frameOf(`42${JSON.stringify(["chat", message])}`)),
    reply: repeated(frameOf(`431[${JSON.stringify(answer)}]`)),
  };
  const rooms = Array.from({ length: config.rooms }, () => new Set());
  const outbox = new Outbox();
  let joined = 0;

  const server = tcpServer(config, (socket) => {
    const room = rooms[joined++ % rooms.length];
    const client = { socket, run: undefined, frames: 0 };
    const counter = new FrameCounter();
    let head = "";
    const onHead = (chunk) => {
      head += chunk.latin1Slice();
      if (head.endsWith("\r\n\r\n")) {
        socket.write(Buffer.concat([Buffer.from(upgradeResponse(head, config)), hello]));
        head = "";
        room.add(client);
        socket.off("data", onHead);
        socket.on("data", onFrames);
      }
    };
    const onFrames = (chunk) => {
      const messages = counter.push(chunk);
      if (messages > 0) {
        if (config.inbound === "chat") {
          for (const receiver of room) {
            outbox.put(receiver, runs.chat, messages);
          }
        } else {
          outbox.put(client, runs.reply, messages);
        }
      }
    };
    socket.on("data", onHead);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => room.delete(client));
  });

  return {
    port: await listen(server),
    broadcast() {
      for (const client of rooms[0]) {
        outbox.put(client, runs.broadcast, 1);
      }
    },
  };
}

/** Frames of one kind, in sequence: any number of them is one part of the memory. */
function repeated(frame) {
  const bytes = Buffer.concat(Array.from({ length: longestRun }, () => frame));
  return (count) => bytes.subarray(0, count * frame.length);
}

/** Gathers the frames for each client in a turn. */
class Outbox {
  #clients = [];
  #flush = () => {
    const clients = this.#clients;
    this.#clients = [];
    for (const client of clients) {
      for (; client.frames > 0; client.frames -= longestRun) {
        client.socket.write(client.run(Math.min(client.frames, longestRun)));
      }
      client.frames = 0;
    }
  };

  put(client, run, count) {
    if (client.frames === 0) {
      client.run = run;
      if (this.#clients.push(client) === 1) {
        setImmediate(this.#flush);
      }
    }
    client.frames += count;
  }
}
