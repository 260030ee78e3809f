/** The chat of `npm start`, used by real clients through its public events. */
import { randomBytes, randomUUID } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import expect from "expect.js";
import { type Chat, failToStartChat, startChat } from "../support/chat-example";
import { onTestEnd } from "../support/cleanup";
import { type ClientSocket, connectClient } from "../support/server";
import { nextEvent, nextValue } from "../support/waiting";

const png = Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), randomBytes(2000)]);

describe("the chat example", () => {
  let chat: Chat;

  before(async () => {
    chat = await startChat();
  });

  after(() => chat.stop("SIGKILL"));

  /** A separate room for each test. */
  const newRoom = () => `room-${randomBytes(6).toString("hex")}`;

  async function enter(nickname: string, room: string, key = randomUUID()) {
    const client = connectClient(chat.url, { auth: { key, nickname, room }, reconnectionDelay: 20 });
    const welcome = await nextValue(client, "welcome");
    return { client, welcome, id: welcome.me.id, room };
  }

  /** Resolves with the next notice of a kind; a notice of another kind may arrive before. */
  const noticed = (client: ClientSocket, kind: string) =>
    new Promise<any>((resolve) => {
      client.on("notice", function take(notice) {
        if (notice.kind === kind) {
          client.off("notice", take);
          resolve(notice);
        }
      });
    });

  /** Sends to the room that the person has entered, unless the content names another one. */
  const send = ({ client, room }: { client: ClientSocket; room: string }, event: string, content: object) =>
    client.emitWithAck(event, { nonce: randomBytes(12).toString("hex"), room, ...content });

  /** Resolves with the next argument of the event for which `matches` returns true. */
  function when(client: ClientSocket, event: string, matches: (value: any) => boolean) {
    return new Promise<any>((resolve) => {
      const listener = (value: unknown) => {
        if (matches(value)) {
          client.off(event, listener);
          resolve(value);
        }
      };
      client.on(event, listener);
    });
  }

  /** Collects the texts that a person receives, including the text that ends the list. */
  async function heardUpTo(client: ClientSocket, last: string) {
    const texts: string[] = [];
    await when(client, "message", ({ text }) => texts.push(text) > 0 && text === last);
    return texts;
  }

  it("serves its page, the client, and no other files [7, 11]", async () => {
    const page = await fetch(chat.url);
    expect(page.status).to.be(200);
    expect(page.headers.get("content-type")).to.be("text/html; charset=utf-8");
    expect(page.headers.get("content-security-policy")).to.contain("script-src 'self'");
    const html = await page.text();
    const addresses = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, address]) => address as string);
    expect(addresses).to.contain("/socket.io/socket.io.js");
    const scripts = readdirSync(join(__dirname, "../../examples/chat/public"))
      .filter((name) => name.endsWith(".js"))
      .map((name) => `/${name}`);
    for (const address of [...addresses, ...scripts]) {
      const response = await fetch(chat.url + address);
      expect(response.status).to.be(200);
      expect(response.headers.get("content-type")).to.match(/javascript|css|svg/);
      await response.arrayBuffer();
    }
    for (const path of [
      "/server.js",
      "/..%2fserver.js",
      "/public/client.js",
      "/%2e%2e/chat.js",
      "/constructor",
    ]) {
      expect((await fetch(chat.url + path)).status).to.be(404);
    }
    expect((await fetch(`${chat.url}/health`)).status).to.be(200);
    expect((await fetch(chat.url, { method: "POST" })).status).to.be(405);
    const head = await fetch(chat.url, { method: "HEAD" });
    expect(head.headers.get("content-length")).to.be(`${Buffer.byteLength(html)}`);
  });

  it("connects two people: notices, lists, messages with an acknowledgement, history [50, 55, 63, 65, 67]", async () => {
    const room = newRoom();
    const ada = await enter("Ada", room);
    expect(ada.welcome).to.only.have.keys("me", "wanted", "room", "messages", "hasEarlier", "limits");
    expect(ada.welcome.messages).to.eql([]);
    const joined = noticed(ada.client, "joined");
    const together = when(
      ada.client,
      "people",
      (people) => people.map((person: any) => person.nickname).join() === "Ada,Bob",
    );
    const bob = await enter("Bob", room);
    expect((await joined).nickname).to.be("Bob");
    await together;

    const heard = nextValue(bob.client, "message");
    const answer = await send(ada, "message", { text: "  hello <b>Bob</b>\u0007\r\n!  " });
    const message = await heard;
    expect(message.text).to.be("hello <b>Bob</b>\n!");
    expect(message.from).to.eql({ id: ada.id, nickname: "Ada" });
    expect(message.room).to.be(room);
    expect(answer).to.eql({ ok: true, id: message.id, at: message.at });

    const { welcome } = await enter("Carol", room);
    expect(welcome.messages).to.eql([message]);

    const left = noticed(ada.client, "left");
    bob.client.disconnect();
    expect((await left).nickname).to.be("Bob");
  });

  it("makes a taken nickname unique, and refuses a malformed one before the connection [47]", async () => {
    const room = newRoom();
    const ada = await enter("Ada", room);
    const other = await enter("  ADA ", room);
    expect(other.welcome.me.nickname).to.be("ADA 2");
    expect(other.welcome.wanted).to.be("ADA");
    const [third, fourth] = await Promise.all([enter("ada", room), enter("ada", room)]);
    expect([third.welcome.me.nickname, fourth.welcome.me.nickname].sort()).to.eql(["ada 3", "ada 4"]);

    const renamed = noticed(ada.client, "renamed");
    expect(await other.client.emitWithAck("nickname", "Grace")).to.eql({
      ok: true,
      me: { id: other.id, nickname: "Grace" },
    });
    expect(await renamed).to.have.property("before", "ADA 2");
    const refused = await other.client.emitWithAck("nickname", "aDA");
    expect(refused).to.eql({ ok: false, error: "Somebody in this room is called aDA already." });

    for (const nickname of ["", "x".repeat(21), "<b>", { a: 1 }, "a\u202eb"]) {
      const client = connectClient(chat.url, { auth: { key: randomUUID(), nickname, room } });
      expect(await nextValue(client, "connect_error")).to.be.an(Error);
      expect(client.active).to.be(false);
    }
  });

  it("gives a person with the same key the same id and name [47]", async () => {
    const room = newRoom();
    const key = randomUUID();
    const first = await enter("Ada", room, key);
    const again = await enter("Ada", room, key);
    expect(again.welcome.me).to.eql(first.welcome.me);
    expect(JSON.stringify(again.welcome)).not.to.contain(key);
  });

  it("has rooms: created by name, with a count, separate messages and history [63, 64, 67]", async () => {
    const room = newRoom();
    const ada = await enter("Ada", room);
    const bob = await enter("Bob", room);
    await send(ada, "message", { text: "in the first room" });

    const next = `${room}-b`;
    const counted = when(bob.client, "rooms", (rooms) => {
      const count = (name: string) => rooms.find((entry: any) => entry.name === name)?.count;
      return count(room) === 1 && count(next) === 1;
    });
    const left = noticed(bob.client, "left");
    const moved = await ada.client.emitWithAck("room", ` ${next.toUpperCase()} `);
    expect(moved.room).to.be(next);
    expect(moved.messages).to.eql([]);
    await left;
    await counted;

    const heardByBob = heardUpTo(bob.client, "hello again");
    const heardByAda = heardUpTo(ada.client, "welcome back");
    await send({ ...ada, room: next }, "message", { text: "in the second room" });
    await send(bob, "message", { text: "in the first room, alone" });
    await ada.client.emitWithAck("room", room);
    await send(ada, "message", { text: "hello again" });
    await send(bob, "message", { text: "welcome back" });
    expect(await heardByBob).to.eql(["hello again"]);
    expect(await heardByAda).to.eql(["welcome back"]);

    expect((await ada.client.emitWithAck("room", "no/slash")).error).to.contain("room name");
  });

  it("sends an image as binary data to the others, and acknowledges it to the sender [55, 84]", async () => {
    const room = newRoom();
    const ada = await enter("Ada", room);
    const bob = await enter("Bob", room);
    const heard = nextValue(bob.client, "message");
    const answer = await send(ada, "image", { name: "cat.svg", data: png });
    expect(answer.ok).to.be(true);
    const { image } = await heard;
    expect(image.type).to.be("image/png"); // detected by its first bytes, not by its name
    expect(image.name).to.be("cat.svg");
    expect(Buffer.compare(image.data, png)).to.be(0);

    const { welcome } = await enter("Carol", room);
    expect(Buffer.compare(welcome.messages[0].image.data, png)).to.be(0);

    const { imageBytes } = welcome.limits;
    const large = await send(ada, "image", { data: Buffer.concat([png, Buffer.alloc(imageBytes)]) });
    expect(large.error).to.be("The image is too large: 2.0 MB, and the limit is 2.0 MB.");
    const script = await send(bob, "image", { data: Buffer.from("<svg onload='alert(1)'/>") });
    expect(script.error).to.be("This is not a PNG, JPEG, GIF or WebP image.");
    const text = await send(bob, "image", { data: png.toString("base64") });
    expect(text.error).to.be("An image has to be sent as binary data.");
  });

  it("sends typing notices to the room [60]", async () => {
    const room = newRoom();
    const ada = await enter("Ada", room);
    const bob = await enter("Bob", room);
    const notice = nextValue(ada.client, "typing");
    // repeatedly, as the page does: a volatile event is dropped while the connection is busy
    const typing = setInterval(() => bob.client.emit("typing", "very much").emit("typing", true), 20);
    onTestEnd(() => clearInterval(typing));
    expect(await notice).to.eql({ id: bob.id, nickname: "Bob", typing: true });
  });

  it("acknowledges malformed payloads with an error, and continues [55]", async () => {
    const { client } = await enter("Ada", newRoom());
    const nonce = "0123456789";
    const wrong = [
      null,
      7,
      "text",
      [],
      { nonce },
      { nonce, room: "tea", text: 5 },
      { nonce, room: "tea", text: " \n " },
      { room: "tea", text: "x" },
      { nonce, text: "x" },
      { nonce, room: "no room!", text: "x" },
    ];
    for (const payload of wrong) {
      const answer = await client.emitWithAck("message", payload);
      expect(answer.ok).to.be(false);
      expect(answer.error).not.to.contain("went wrong on the server");
    }
    client.emit("message");
    client.emit("room", () => {});
    const { error } = await (await enter("Bob", newRoom())).client.emitWithAck("message", {
      nonce,
      room: "tea",
      text: "x".repeat(1001),
    });
    expect(error).to.be("A message has at most 1000 characters; this one has 1001.");
    expect(chat.output()).not.to.contain("Error");
  });

  it("limits the rate of a person's messages [55]", async () => {
    const ada = await enter("Ada", newRoom());
    const answers = await Promise.all(
      Array.from({ length: 25 }, (_, index) => send(ada, "message", { text: `${index}` })),
    );
    expect(answers[0].ok).to.be(true);
    expect(answers[24].error).to.contain("fast");
  });

  it("delivers a message to the room in which it was written, even if its author has left [55]", async () => {
    const [first, second] = [newRoom(), newRoom()];
    const ada = await enter("Ada", first);
    const bob = await enter("Bob", first);
    const carol = await enter("Carol", second);
    const atCarol = heardUpTo(carol.client, "for the second");
    const atBob = nextValue(bob.client, "message");
    await ada.client.emitWithAck("room", second);
    await send(ada, "message", { text: "for the first" });
    await send(ada, "message", { room: second, text: "for the second" });
    expect(await atBob).to.have.property("text", "for the first");
    expect(await atCarol).to.eql(["for the second"]);
    const { welcome } = await enter("Dave", first);
    expect(welcome.messages.map(({ text }: any) => text)).to.eql(["for the first"]);
  });

  it("treats a repeated message as the same message [55]", async () => {
    const room = newRoom();
    const ada = await enter("Ada", room);
    const bob = await enter("Bob", room);
    const heard = heardUpTo(bob.client, "twice");
    const payload = { nonce: "again-and-again", room, text: "once" };
    const first = await ada.client.emitWithAck("message", payload);
    expect(await ada.client.emitWithAck("message", payload)).to.eql(first);
    await send(ada, "message", { text: "twice" });
    expect(await heard).to.eql(["once", "twice"]);
  });

  it("sends missed messages after a reconnection, and notifies the others [61, 78, 79]", async () => {
    const room = newRoom();
    const ada = await enter("Ada", room);
    const bob = await enter("Bob", room);
    const seen = nextValue(bob.client, "message"); // an event that has an offset
    await send(ada, "message", { text: "before" });
    await seen;

    const lost = noticed(ada.client, "lost");
    bob.client.io.engine.close();
    await lost;
    const back = noticed(ada.client, "back");
    const missed = nextValue(bob.client, "message");
    const resumed = nextValue(bob.client, "resumed");
    await send(ada, "message", { text: "in the meantime" });
    expect((await missed).text).to.be("in the meantime");
    expect(bob.client.recovered).to.be(true);
    expect(await resumed).to.eql({ me: { id: bob.id, nickname: "Bob" }, room });
    await back;
  });

  it("prints one line if the port is in use or malformed, and exits with 1", async () => {
    const { port } = new URL(chat.url);
    const [busy, malformed] = await Promise.all([
      failToStartChat({ PORT: port }),
      failToStartChat({ PORT: "http" }),
    ]);
    expect(busy.code).to.be(1);
    expect(busy.output).to.be(
      `Port ${port} is in use by another program. Choose a different one: PORT=${Number(port) + 1} npm start\n`,
    );
    expect(malformed.code).to.be(1);
    expect(malformed.output).to.be('PORT must be a whole number from 0 to 65535, got "http".\n');
  });

  it("starts on several processes without a warning", async () => {
    const cluster = await startChat({ WORKERS: "2" }, "cluster.js");
    onTestEnd(() => cluster.stop("SIGKILL"));
    const auth = { key: randomUUID(), nickname: "Ada", room: "tea" };
    await nextValue(connectClient(cluster.url, { auth }), "welcome");
    expect((await cluster.stop("SIGINT")).output).not.to.contain("Warning");
  });

  it("closes cleanly on SIGTERM and on SIGINT [90]", async () => {
    const others = await startChat();
    const { client } = await enter("Ada", newRoom());
    const { engine } = client.io;
    if (engine.transport.name === "polling") {
      // otherwise the port is closed between two requests
      await nextEvent(engine, "upgrade");
    }
    const gone = nextEvent(client, "disconnect");
    const [terminated, interrupted] = await Promise.all([chat.stop("SIGTERM"), others.stop("SIGINT")]);
    for (const { code, output } of [terminated, interrupted]) {
      expect(code).to.be(0);
      expect(output).to.match(/Chat is closed\.\n$/);
    }
    expect((await gone)[0]).to.match(/io server disconnect|transport close/);
  });
});
