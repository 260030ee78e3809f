/** The documentation that editors show for a member. */
import { type Hovering, hoverByLibrary, hoverByServer } from "../support/editor-hover";

import expect = require("expect.js");

import { ownSuite } from "../support/own-tests";
import { requireBuild } from "../support/published";

const listening =
  "on once off addListener removeListener removeAllListeners prependListener prependOnceListener emit listeners";
const choosing = "to in except local volatile compress timeout withSignal";
const many = "fetchSockets socketsJoin socketsLeave disconnectSockets allSockets";
const broadcasting = `send write ${choosing} ${many} serverSideEmit serverSideEmitWithAck emitWithAckIterator use
  sockets`;
const catchAll =
  "onAny prependAny offAny listenersAny onAnyOutgoing prependAnyOutgoing offAnyOutgoing listenersAnyOutgoing";

/** The members, by the type of the object. */
const members: Record<string, string> = {
  Server: `${listening} ${broadcasting} of close attach listen attachApp bind path serveClient adapter connectTimeout
    engine eio httpServer fastPath`,
  Namespace: `${listening} ${broadcasting} limits name adapter server`,
  Socket: `${listening} emitWithAck send write ${choosing} broadcast use ${catchAll} join leave disconnect rooms id data
    handshake request conn connected disconnected recovered nsp client bufferedBytes drained`,
  "BroadcastOperator<any, any>": `${choosing} ${many} emit emitWithAck emitWithAckIterator
    serverSideEmit serverSideEmitWithAck`,
  "RemoteSocket<any, any>": "id handshake rooms data emit timeout withSignal join leave disconnect",
  EventEmitter: listening,
};

/** A program that uses each member, with the positions of the members. */
function programWith(types: Record<string, string>) {
  let text = `import { EventEmitter } from "node:events";
import type { BroadcastOperator, Namespace, RemoteSocket, Server, Socket } from "socket.io";\n`;
  const places: { name: string; position: number }[] = [];
  for (const [index, [type, names]] of Object.entries(types).entries()) {
    text += `declare const object${index}: ${type};\n`;
    for (const member of names.split(/\s+/)) {
      text += `object${index}.`;
      places.push({ name: `${type.replace(/<.*/, "")}.${member}`, position: text.length + 1 });
      text += `${member};\n`;
    }
  }
  return { text, places };
}

async function textsOf(hover: Hovering): Promise<Map<string, string>> {
  const { text, places } = programWith(members);
  const texts = await hover(
    text,
    places.map(({ position }) => position),
  );
  return new Map(places.map(({ name }, index) => [name, texts[index] as string]));
}

ownSuite("the documentation that an editor shows", () => {
  before(requireBuild);

  for (const [title, hover] of [
    ["TypeScript 5.9", hoverByLibrary],
    ["the newest TypeScript", hoverByServer],
  ] as const) {
    it(`is that of the library for every member, with ${title}, never that of Node.js`, async () => {
      const texts = await textsOf(hover);
      const firstLine = (name: string) => texts.get(name)?.trim().split("\n")[0] ?? "";
      const names = [...texts.keys()].filter((name) => !name.startsWith("EventEmitter."));
      const ofNode = (name: string) => firstLine(name.replace(/^.*\./, "EventEmitter."));
      expect(ofNode("Socket.emit")).to.contain("ynchronously calls each of the listeners");
      expect(names.filter((name) => firstLine(name) === "")).to.eql([]);
      expect(names.filter((name) => firstLine(name) === ofNode(name))).to.eql([]);
      expect(firstLine("Server.emit")).to.contain("all connected clients");
      expect(firstLine("Socket.emit")).to.contain("to the client");
      expect(firstLine("BroadcastOperator.emit")).to.contain("selected sockets");
    });
  }
});
