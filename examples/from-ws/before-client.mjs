// The client of before.js. In a page, WebSocket is that of the browser.
import { WebSocket } from "ws";

export function connect(url, onSaid) {
  const waiting = new Map(); // the functions that take the answers, by the id of the question
  const unsent = [];
  let lastId = 0;
  let room;
  let isFirst = true;
  let closed = false;
  let ws;

  function open() {
    ws = new WebSocket(url.replace(/^http/, "ws"));
    ws.onopen = () => {
      if (room !== undefined && !isFirst) {
        ws.send(JSON.stringify({ type: "join", room })); // the server has forgotten the room of the old connection
      }
      isFirst = false;
      for (const text of unsent.splice(0)) {
        ws.send(text);
      }
    };
    ws.onmessage = ({ data }) => {
      const { type, id, value, text } = JSON.parse(data);
      if (type === "said") {
        onSaid(text);
      } else {
        waiting.get(id)?.(value);
        waiting.delete(id);
      }
    };
    ws.onerror = () => {};
    ws.onclose = () => {
      if (!closed) {
        setTimeout(open, 1000 + Math.random() * 1000);
      }
    };
  }

  function send(message) {
    const text = JSON.stringify(message);
    if (ws.readyState === WebSocket.OPEN) {
      ws.send(text);
    } else {
      unsent.push(text);
    }
  }

  open();
  return {
    join(name) {
      room = name;
      const id = ++lastId;
      send({ type: "join", id, room });
      return new Promise((resolve) => waiting.set(id, resolve));
    },
    say: (text) => send({ type: "say", text }),
    close() {
      closed = true;
      ws.close();
    },
  };
}
