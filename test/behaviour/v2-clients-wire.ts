import expect from "expect.js";
import { ask } from "../support/http";
import { type Running, startServer } from "../support/server";
import { eventually, nextEvent, nextValue } from "../support/waiting";
import { connectWire, openPolling, openWire } from "../support/wire";

const start = () => startServer({ allowEIO3: true });

/** A polling connection of protocol 3, in the main namespace. */
async function poll3({ io, url }: Running, query = "EIO=3") {
  const connected = nextValue(io, "connection");
  const wire = await openPolling(url, query);
  const socket = await connected;
  expect(await wire.next()).to.be("40");
  return { wire, socket };
}

async function wire3({ io, url }: Running, query = "EIO=3") {
  const connected = nextValue(io, "connection");
  const wire = await openWire(url, query);
  const socket = await connected;
  expect(await wire.next()).to.be("40");
  return { wire, socket };
}

const bytes = Buffer.from([1, 2, 255]);
const binaryEvent = '451-["hello",{"_placeholder":true,"num":0}]';

describe("protocol 3 over polling", () => {
  it("puts the length before each packet, in UTF-16 code units [85]", async () => {
    const { wire, socket } = await poll3(await start());
    socket.emit("a", "ö€😀");
    socket.emit("b");
    const { text, headers } = await ask(wire.address);
    // a surrogate pair has the length two
    expect(text).to.be('14:42["a","ö€😀"]7:42["b"]');
    expect(headers["content-type"]).to.be("text/plain; charset=UTF-8");
    expect(headers["content-length"]).to.be(String(Buffer.byteLength(text)));
  });

  it("accepts several packets in one POST, and answers ok [85]", async () => {
    const { wire, socket } = await poll3(await start());
    const heard: unknown[] = [];
    socket.onAny((...event: unknown[]) => heard.push(event));
    expect((await wire.post('42["a","ö€😀"]', '42["b"]')).text).to.be("ok");
    expect(heard).to.eql([["a", "ö€😀"], ["b"]]);
  });

  it("has no ids in its responses: CONNECT has no data [85]", async () => {
    const running = await start();
    running.io.of("/chat");
    const { wire } = await poll3(running);
    await wire.post("40/chat?token=x,");
    expect(await wire.next()).to.be("40/chat,");
  });

  it("refuses with a message only, or with the data [47, 85]", async () => {
    const running = await start();
    running.io.of("/no").use((_socket, next) => next(new Error("not today")));
    running.io.of("/data").use((_socket, next) => {
      next(Object.assign(new Error("not today"), { data: { code: 7 } }));
    });
    const { wire } = await poll3(running);
    await wire.post("40/no,");
    expect(await wire.next()).to.be('44/no,"not today"');
    await wire.post("40/data,");
    expect(await wire.next()).to.be('44/data,{"code":7}');
    await wire.post("40/nope,");
    expect(await wire.next()).to.be('44/nope,{"message":"Invalid namespace"}');
  });

  it("uses the query of a namespace as auth, including names of Object.prototype [31, 85]", async () => {
    const running = await start();
    const connected = nextValue(running.io.of("/chat"), "connection");
    const { wire } = await poll3(running);
    await wire.post("40/chat?__proto__=a&constructor=b&c=d%20e&f=1&f=2&g,");
    const { auth } = (await connected).handshake;
    expect(Object.getPrototypeOf(auth)).to.be(null);
    expect(Object.keys(auth)).to.eql(["__proto__", "constructor", "c", "f", "g"]);
    expect(Object.values(auth)).to.eql(["a", "b", "d e", "2", ""]);
    expect((Object.prototype as any).a).to.be(undefined);
  });

  it("encodes a payload with binary data as bytes, each packet after its type and length [85]", async () => {
    const { wire, socket } = await poll3(await start());
    socket.emit("hello", bytes);
    const answer = await ask(wire.address);
    expect(answer.headers["content-type"]).to.be("application/octet-stream");
    const text = Buffer.from(binaryEvent);
    // 0 for text or 1 for binary, the digits of the length, 255, and for binary data the type of the packet
    const expected = [Buffer.from([0, 4, 3, 255]), text, Buffer.from([1, 4, 255, 4]), bytes];
    expect(answer.bytes).to.eql(Buffer.concat(expected));
  });

  it("decodes such a payload [85]", async () => {
    const { wire, socket } = await poll3(await start());
    const heard = nextValue(socket, "hello");
    const text = Buffer.from(binaryEvent);
    const body = Buffer.concat([Buffer.from([0, 4, 3, 255]), text, Buffer.from([1, 4, 255, 4]), bytes]);
    const headers = { "content-type": "application/octet-stream" };
    expect((await ask(wire.address, { method: "POST", headers, body: body as any })).text).to.be("ok");
    expect(await heard).to.eql(bytes);
  });

  it("encodes binary data as base64 for a client that requested b64 when it connected [85]", async () => {
    const { wire, socket } = await poll3(await start(), "EIO=3&b64=1");
    socket.emit("hello", bytes);
    const { text, headers } = await ask(wire.address);
    expect(text).to.be(`${binaryEvent.length}:${binaryEvent}6:b4AQL/`);
    expect(headers["content-type"]).to.be("text/plain; charset=UTF-8");
    const heard = nextValue(socket, "hello");
    await wire.post(binaryEvent, "b4AQL/");
    expect(await heard).to.eql(bytes);
  });

  for (const body of ["", "x", "5:40", ":40", "2:7x", '7:42["b"]x']) {
    it(`${JSON.stringify(body)} is not a payload: the connection is closed with a parse error [38, 85]`, async () => {
      const { wire, socket } = await poll3(await start());
      const gone = nextEvent(socket, "disconnect");
      await ask(wire.address, { method: "POST", body });
      expect((await gone)[0]).to.be("parse error");
    });
  }
});

describe("JSONP", () => {
  /** The packets that the script in a response passes to the client. */
  function payloadOf(script: string, index = 0): string {
    const match = /^___eio\[(\d+)\]\((".*")\);$/s.exec(script);
    expect(match?.[1]).to.be(String(index));
    return JSON.parse(match?.[2] as string);
  }

  async function openJsonp({ io, url }: Running) {
    const connected = nextValue(io, "connection");
    const address = `${url}/socket.io/?EIO=3&transport=polling&j=0&b64=1`;
    const payload = payloadOf((await ask(address)).text);
    const { sid } = JSON.parse(payload.slice(payload.indexOf("{")));
    const session = `${address}&sid=${sid}`;
    const socket = await connected;
    expect(payloadOf((await ask(session)).text)).to.be("2:40");
    return {
      socket,
      /** The script in the response to a poll. */
      script: async () => (await ask(session)).text,
      /** Encodes packets as a form. */
      post: (payload: string) =>
        ask(session, {
          method: "POST",
          headers: { "content-type": "application/x-www-form-urlencoded" },
          body: `d=${encodeURIComponent(payload)}`,
        }),
    };
  }

  it("opens a connection [85]", async () => {
    const { socket } = await openJsonp(await start());
    expect(socket.conn.transport.name).to.be("polling");
    expect(socket.conn.protocol).to.be(3);
    expect(socket.handshake.query.j).to.be("0");
  });

  it("responds with a script that calls the function with that number, and with no other name [85]", async () => {
    const { url } = await start();
    const address = `${url}/socket.io/?EIO=3&transport=polling&b64=1&j=`;
    expect(payloadOf((await ask(`${address}12`)).text, 12)).to.match(/^\d+:0\{"sid"/);
    expect(payloadOf((await ask(`${address}1];alert(2);[`)).text, 12)).to.match(/^\d+:0\{"sid"/);
  });

  it("sends events as text that is valid JavaScript [85]", async () => {
    const { socket, script } = await openJsonp(await start());
    socket.emit("a", 'x\u2028y\u2029z\n"');
    const text = await script();
    expect(text).not.to.match(/[\u2028\u2029\n]/);
    expect(payloadOf(text)).to.be('19:42["a","x\u2028y\u2029z\\n\\""]');
    socket.emit("hello", bytes);
    expect(payloadOf(await script())).to.be(`${binaryEvent.length}:${binaryEvent}6:b4AQL/`);
  });

  it("accepts the events of a form [85]", async () => {
    const { socket, post } = await openJsonp(await start());
    const heard: unknown[] = [];
    socket.onAny((...event: unknown[]) => heard.push(event));
    const first = '42["a","ö&d=+%20"]';
    const { status, text } = await post(`${first.length}:${first}7:42["b"]`);
    expect([status, text]).to.eql([200, "ok"]);
    expect(heard).to.eql([["a", "ö&d=+%20"], ["b"]]);
  });

  it("accepts line breaks, which clients escape because forms change them [85]", async () => {
    const { socket, post } = await openJsonp(await start());
    const heard = nextValue(socket, "a");
    const packet = '42["a","x\\ny"]';
    // clients do this: they double the backslash of JSON's \n
    await post(`${packet.length}:${packet.replace(/\\n/g, "\\\\n")}`);
    expect(await heard).to.be("x\ny");
  });

  it("ignores a form without the field [85]", async () => {
    const running = await start();
    const { socket, post } = await openJsonp(running);
    const address = `${running.url}/socket.io/?EIO=3&transport=polling&j=0&b64=1&sid=${socket.id}`;
    const answer = await ask(address, { method: "POST", body: "e=40" });
    expect([answer.status, answer.text]).to.eql([200, "ok"]);
    const heard = nextEvent(socket, "hello");
    await post('11:42["hello"]');
    await heard;
  });
});

describe("protocol 3 over WebSocket", () => {
  it("starts with the open packet, and joins without CONNECT [46, 85]", async () => {
    const running = await start();
    const ws = await connectWire(running.url, "EIO=3");
    const open = String(await ws.next());
    expect(open[0]).to.be("0");
    expect(JSON.parse(open.slice(1))).to.only.have.keys(
      "sid",
      "upgrades",
      "pingInterval",
      "pingTimeout",
      "maxPayload",
    );
    expect(await ws.next()).to.be("40");
  });

  it("puts the type of the packet before binary data, in both directions [85]", async () => {
    const { wire, socket } = await wire3(await start());
    socket.emit("hello", bytes);
    expect([await wire.next(), await wire.next()]).to.eql([
      binaryEvent,
      Buffer.concat([Buffer.from([4]), bytes]),
    ]);
    const heard = nextValue(socket, "hello");
    wire.send(binaryEvent, Buffer.concat([Buffer.from([4]), bytes]));
    expect(await heard).to.eql(bytes);
  });

  it("uses base64 for a client that requested b64 [85]", async () => {
    const { wire, socket } = await wire3(await start(), "EIO=3&b64=1");
    socket.emit("hello", bytes);
    expect([await wire.next(), await wire.next()]).to.eql([binaryEvent, "b4AQL/"]);
    const heard = nextValue(socket, "hello");
    wire.send(binaryEvent, "b4AQL/");
    expect(await heard).to.eql(bytes);
  });

  it("closes the connection on a second CONNECT [85]", async () => {
    const running = await start();
    const { wire, socket } = await wire3(running);
    const gone = nextEvent(socket, "disconnect");
    wire.send("40");
    expect(await wire.closed).to.be(1005);
    expect((await gone)[0]).to.be("forced close");
  });

  it("leaves the main namespace and keeps the others [85]", async () => {
    const running = await start();
    const connected = nextValue(running.io.of("/chat"), "connection");
    const { wire, socket } = await wire3(running);
    wire.send("40/chat?a=1,");
    expect(await wire.next()).to.be("40/chat,");
    const gone = nextEvent(socket, "disconnect");
    wire.send("41");
    await gone;
    const heard = nextValue(await connected, "hello");
    // packets may contain the query of the namespace
    wire.send('42/chat?a=1,["hello",1]');
    expect(await heard).to.be(1);
  });

  it("upgrades with the same sequence as protocol 4 [39, 85]", async () => {
    const running = await start();
    const { wire, socket } = await poll3(running);
    const ws = await connectWire(running.url, `EIO=3&sid=${wire.opened.sid}`);
    ws.send("2probe");
    expect(await ws.next()).to.be("3probe");
    ws.send("5");
    await eventually(() => socket.conn.transport.name === "websocket");
    socket.emit("hello");
    expect(await ws.next()).to.be('42["hello"]');
  });
});
