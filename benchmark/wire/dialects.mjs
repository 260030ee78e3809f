/** The protocols of the clients: how they join, and the format of their messages. */
import { message } from "../messages.mjs";

/**
 * @typedef {object} Dialect
 * @property {(index: number) => string} path of the upgrade request
 * @property {string[]} [opening] messages to send as soon as the connection is open
 * @property {(text: string, index: number, rooms: number) => { say?: string[], ready?: boolean }} hear
 *   handles a message of the server, until it returns that the client is ready
 * @property {(id: number) => string} [chat] a message to the own room
 * @property {(id: number) => string} [ask] a message with an acknowledgement
 * @property {(id: number) => string} [echo] a message that the server sends back
 * @property {boolean} [batches] whether a frame may hold several messages
 */

const json = (event) => (id) => JSON.stringify({ event, data: message, id });

/** JSON objects with an event, and a welcome at the start: what developers write with a bare WebSocket library. */
const plain = {
  path: () => "/",
  hear: () => ({ ready: true }),
  chat: json("chat"),
  ask: json("ask"),
  echo: json("echo"),
};

/** Engine.IO protocol 4 and Socket.IO protocol 5, over WebSocket from the start. */
const socketIo = {
  path: () => "/socket.io/?EIO=4&transport=websocket",
  hear: (text) => (text.startsWith("0") ? { say: ["40"] } : { ready: text.startsWith("40") }),
  chat: () => `42${JSON.stringify(["chat", message])}`,
  ask: (id) => `42${id}${JSON.stringify(["ask", message])}`,
  echo: () => `42${JSON.stringify(["echo", message])}`,
};

const wrapped = (event) => (id) => JSON.stringify([plain[event](id)]);

/** SockJS over its WebSocket transport. */
const sockjs = {
  path: (index) => `/bench/000/client${index}/websocket`,
  hear: (text) => ({ ready: text.startsWith("a") }),
  chat: wrapped("chat"),
  ask: wrapped("ask"),
  echo: wrapped("echo"),
};

const primus = { ...plain, path: () => "/primus" };

/** Bayeux, the protocol of Faye: the client subscribes to its room by itself. */
const faye = {
  path: () => "/faye",
  opening: [
    '[{"channel":"/meta/handshake","version":"1.0","supportedConnectionTypes":["websocket"],"id":"1"}]',
  ],
  hear(text, index, rooms) {
    const [reply] = JSON.parse(text);
    if (reply.channel !== "/meta/handshake") {
      return { ready: text.includes("/meta/subscribe") };
    }
    const { clientId } = reply;
    const subscription = `/room${index % rooms}`;
    return {
      say: [
        JSON.stringify([{ channel: "/meta/connect", clientId, connectionType: "websocket", id: "2" }]),
        JSON.stringify([{ channel: "/meta/subscribe", clientId, subscription, id: "3" }]),
      ],
    };
  },
  batches: true,
};

/** @type {Record<string, Dialect>} */
export const dialects = { plain, socketIo, sockjs, primus, faye };
