import expect from "expect.js";
import { openHand, settled } from "../support/held-middleware";
import { ownTest } from "../support/own-tests";
import { startServer } from "../support/server";
import { nextEvent } from "../support/waiting";

// the reference server closes the connection on packets that do not arrive in the same payload

const late: [what: string, ...packets: string[]][] = [
  ["an event", '42/chat,["late"]'],
  ["an event that asks for an answer", '42/chat,1["late"]'],
  ["an event with an attachment", '451-/chat,["late",{"_placeholder":true,"num":0}]', "bAQID"],
  ["an answer", "43/chat,0[]"],
  ["a DISCONNECT", "41/chat,"],
];

describe("a client that the server has disconnected from a namespace", () => {
  async function startPair(transport: "websocket" | "polling") {
    const running = await startServer();
    const heard: unknown[] = [];
    running.io.of("/chat").on("connection", (socket) => {
      socket.on("bye", () => {
        socket.emit("question", () => heard.push("answer"));
        socket.disconnect();
      });
      socket.on("late", () => heard.push("late"));
    });
    const hand = await openHand(running, transport);
    await hand.send("40/chat,");
    await hand.next();
    return { ...running, hand, heard };
  }

  for (const [what, ...packets] of late) {
    for (const others of [1, 300]) {
      it(`may send ${what} after ${others} packets of the same request [62]`, async () => {
        const { io, hand, heard } = await startPair("polling");
        await hand.send('42/chat,["bye"]', ...Array(others).fill('42["other"]'), ...packets);
        const answers = await settled(io, hand);
        // a DISCONNECT that follows soon arrives before the handler is called
        what === "a DISCONNECT" || expect(answers).to.eql(['42/chat,0["question"]', "41/chat,"]);
        expect(heard).to.eql([]);
        expect(io.sockets.sockets.size).to.be(1);
      });
    }
  }

  for (const [what, ...packets] of late.filter(([, , attachment]) => !attachment)) {
    ownTest(`may send ${what} before it knows, and join again [62]`, async () => {
      const { io, hand, heard } = await startPair("websocket");
      await hand.send('42/chat,["bye"]');
      expect(await hand.next()).to.be('42/chat,0["question"]');
      expect(await hand.next()).to.be("41/chat,");
      await hand.send(...packets);
      expect(await settled(io, hand)).to.eql([]);
      expect(heard).to.eql([]);
      await hand.send("40/chat,");
      expect(await hand.next()).to.match(/^40\/chat,/);
      expect(io.of("/chat").sockets.size).to.be(1);
    });
  }

  it("and that sends events after its own DISCONNECT is closed [62]", async () => {
    const { io, hand } = await startPair("websocket");
    const [main] = io.sockets.sockets.values();
    await hand.send("41/chat,");
    await settled(io, hand);
    const left = nextEvent(main, "disconnect");
    await hand.send('42/chat,["late"]');
    await left;
  });
});
