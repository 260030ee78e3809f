import { type ClientRequest, request } from "node:http";
import expect from "expect.js";
import { onTestEnd } from "../support/cleanup";
import { type Answer, ask } from "../support/http";
import { type Running, startServer } from "../support/server";
import { eventually, nextEvent, nextValue } from "../support/waiting";
import { openPolling, type PollingWire } from "../support/wire";

interface Polling {
  running: Running;
  wire: PollingWire;
  /** The engine's connection. */
  conn: any;
  /** Resolves with the reason of the close, and the description. */
  closed: Promise<any[]>;
}

async function connected(options?: Parameters<typeof startServer>[0]): Promise<Polling> {
  const running = await startServer(options);
  const arrived = nextValue(running.io.engine, "connection");
  const wire = await openPolling(running.url);
  const conn = await arrived;
  return { running, wire, conn, closed: nextEvent(conn, "close") };
}

/** The same, with the main namespace joined. */
async function joined(options?: Parameters<typeof startServer>[0]) {
  const polling = await connected(options);
  const arrived = nextValue(polling.running.io, "connection");
  await polling.wire.join();
  return { ...polling, socket: await arrived };
}

/** A pending poll, since the server has no data for it. */
async function holdPoll({ wire, conn }: Polling): Promise<{ answer: Promise<Answer> }> {
  const answer = ask(wire.address);
  await eventually(() => conn.transport.writable);
  return { answer };
}

/** A POST that announces more bytes than it sends; the server has received its headers. */
async function unfinishedPost({ running, wire }: Polling): Promise<ClientRequest> {
  // listeners that are added with on() do not receive the requests below the path
  const arrived = new Promise((resolve) => running.httpServer.prependOnceListener("request", resolve));
  const post = request(wire.address, { method: "POST", agent: false, headers: { "content-length": 100 } });
  onTestEnd(() => post.destroy());
  post.on("error", () => {});
  post.write("4");
  await arrived;
  return post;
}

async function expectUnknown({ wire }: Polling): Promise<void> {
  const answer = await ask(wire.address);
  expect([answer.status, JSON.parse(answer.text).code]).to.eql([400, 1]);
}

describe("polling", () => {
  it("answers a poll with the buffered packets, or keeps it pending if there are none [38]", async () => {
    const polling = await joined();
    polling.socket.emit("a");
    polling.socket.emit("b");
    expect(await polling.wire.poll()).to.eql(['42["a"]', '42["b"]']);
    const { answer } = await holdPoll(polling);
    polling.socket.emit("c");
    expect((await answer).text).to.be('42["c"]');
  });

  it("responds with text that must not be stored, and its length in bytes [38]", async () => {
    const { wire, socket } = await joined();
    socket.emit("ö€😀");
    const { headers, text } = await ask(wire.address);
    expect(text).to.be('42["ö€😀"]');
    expect(headers["content-type"]).to.be("text/plain; charset=UTF-8");
    expect(headers["content-length"]).to.be(String(Buffer.byteLength(text)));
    expect(headers["cache-control"]).to.be("no-store");
  });

  it("answers a POST with ok [38]", async () => {
    const { wire } = await connected();
    const { status, headers, text } = await wire.post("40");
    expect([status, text]).to.eql([200, "ok"]);
    expect(headers["content-type"]).to.be("text/html");
    expect(headers["content-length"]).to.be("2");
    expect(headers["cache-control"]).to.be("no-store");
  });

  it("accepts several packets in one POST in order, including non-ASCII text and binary data [38]", async () => {
    const { wire, socket } = await joined();
    const heard: any[] = [];
    socket.onAny((...event: any[]) => heard.push(event));
    await wire.post('42["a","ö€😀"]', '451-["b",{"_placeholder":true,"num":0}]', "bAQID", '42["c"]');
    expect(heard).to.eql([["a", "ö€😀"], ["b", Buffer.from([1, 2, 3])], ["c"]]);
  });

  it("encodes binary data as base64 [38]", async () => {
    const { wire, socket } = await joined();
    socket.emit("hello", Buffer.from([1, 2, 3]), "x");
    expect(await wire.poll()).to.eql(['451-["hello",{"_placeholder":true,"num":0},"x"]', "bAQID"]);
  });

  it("prevents Internet Explorer from searching for scripts in a response [38]", async () => {
    const { wire } = await connected();
    const { headers } = await ask(wire.address, {
      method: "POST",
      body: "40",
      headers: { "user-agent": ";MSIE" },
    });
    expect(headers["x-xss-protection"]).to.be("0");
    expect((await ask(wire.address)).headers["x-xss-protection"]).to.be(undefined);
  });

  it("wraps responses for script tags if the query has j [38, 85]", async () => {
    const { url } = await startServer();
    const { text } = await ask(`${url}/socket.io/?EIO=4&transport=polling&j=7x`);
    const [, json] = /^___eio\[7\]\((.*)\);$/.exec(text) ?? [];
    expect(JSON.parse(json)).to.match(/^0\{"sid":"/);
  });
});

describe("a polling client with two simultaneous polls", () => {
  it("is answered with 400, the first poll with a close packet, and the connection closes [38]", async () => {
    const polling = await connected();
    const { answer } = await holdPoll(polling);
    const second = await ask(polling.wire.address);
    expect([second.status, second.text]).to.eql([400, ""]);
    const first = await answer;
    expect([first.status, first.text]).to.eql([200, "1"]);
    const [reason, error] = await polling.closed;
    expect(reason).to.be("transport error");
    expect(error.message).to.be("overlap from client");
    await expectUnknown(polling);
  });

  it("is disconnected, with the error as description [38, 53]", async () => {
    const polling = await joined();
    const disconnected = nextEvent(polling.socket, "disconnect");
    await holdPoll(polling);
    await ask(polling.wire.address);
    const [reason, description] = await disconnected;
    expect(reason).to.be("transport error");
    expect(description).to.be.an(Error);
    expect(description.message).to.be("overlap from client");
  });

  it("may poll again after each poll [38]", async () => {
    const { wire, socket } = await joined();
    for (const event of ["a", "b", "c"]) {
      socket.emit(event);
      expect(await wire.poll()).to.eql([`42["${event}"]`]);
    }
  });
});

describe("a polling client that posts", () => {
  it("twice at the same time is answered with 400, and the connection closes [38]", async () => {
    const polling = await connected();
    const first = await unfinishedPost(polling);
    const cut = nextEvent(first, "close");
    const second = await polling.wire.post("40");
    expect([second.status, second.text]).to.eql([400, ""]);
    const [reason, error] = await polling.closed;
    expect(reason).to.be("transport error");
    expect(error.message).to.be("data request overlap from client");
    await cut;
    await expectUnknown(polling);
  });

  it("during a poll is accepted [38]", async () => {
    const polling = await joined();
    polling.socket.on("question", (answer: (text: string) => void) => answer("yes"));
    const { answer } = await holdPoll(polling);
    expect((await polling.wire.post('421["question"]')).text).to.be("ok");
    expect((await answer).text).to.be('431["yes"]');
  });

  it("more than maxHttpBufferSize is answered with 413 [38]", async () => {
    const { wire, socket } = await joined({ maxHttpBufferSize: 20 });
    const heard = nextEvent(socket, "y");
    expect((await wire.post('42["y","aaaaaaaaaa"]')).status).to.be(200);
    expect(await heard).to.eql(["aaaaaaaaaa"]);
    // the limit is in bytes
    expect((await wire.post('42["z","ääääääääää"]')).status).to.be(413);
  });

  it("binary content is answered with 400, and the connection closes [38]", async () => {
    const polling = await connected();
    const headers = { "content-type": "application/octet-stream" };
    const answer = await ask(polling.wire.address, { method: "POST", body: "40", headers });
    expect([answer.status, answer.text]).to.eql([400, ""]);
    const [reason, error] = await polling.closed;
    expect(reason).to.be("transport error");
    expect(error.message).to.be("invalid content");
    await expectUnknown(polling);
  });

  for (const body of ["", "x", "40\x1e", "7", "40\x1ex"]) {
    it(`${JSON.stringify(body)}, which is not a valid payload, is closed with a parse error [38]`, async () => {
      const polling = await connected();
      expect((await polling.wire.post(body)).text).to.be("ok");
      expect((await polling.closed)[0]).to.be("parse error");
      await expectUnknown(polling);
    });
  }

  it("a close packet after an invalid packet closes the connection at once [38]", async () => {
    const polling = await joined();
    expect((await polling.wire.post("4", '42["unheard"]', "1")).text).to.be("ok");
    expect((await polling.closed)[0]).to.be("transport close");
    await expectUnknown(polling);
  });

  it("the close packet closes the connection; a pending poll is answered with a NOOP [38]", async () => {
    const polling = await joined();
    const disconnected = nextEvent(polling.socket, "disconnect");
    const { answer } = await holdPoll(polling);
    expect((await polling.wire.post("1")).text).to.be("ok");
    expect((await answer).text).to.be("6");
    expect((await polling.closed)[0]).to.be("transport close");
    expect((await disconnected)[0]).to.be("transport close");
    await expectUnknown(polling);
  });
});

describe("a polling client that aborts a request", () => {
  it("during a poll is disconnected [38]", async () => {
    const polling = await connected();
    const poll = request(polling.wire.address, { agent: false });
    poll.on("error", () => {});
    poll.end();
    await eventually(() => polling.conn.transport.writable);
    poll.destroy();
    const [reason, error] = await polling.closed;
    expect(reason).to.be("transport error");
    expect(error.message).to.be("poll connection closed prematurely");
  });

  it("during a POST is disconnected [38]", async () => {
    const polling = await connected();
    const post = await unfinishedPost(polling);
    post.destroy();
    const [reason, error] = await polling.closed;
    expect(reason).to.be("transport error");
    expect(error.message).to.be("data request connection closed prematurely");
  });

  it("between two requests remains connected [38]", async () => {
    const polling = await joined();
    // each request has used a separate connection
    polling.socket.emit("hello");
    expect(await polling.wire.poll()).to.eql(['42["hello"]']);
    expect(polling.conn.readyState).to.be("open");
  });
});

describe("a polling client whose connection the server closes", () => {
  it("receives the close packet with a pending poll [38]", async () => {
    const polling = await joined();
    const { answer } = await holdPoll(polling);
    polling.socket.disconnect(true);
    expect((await answer).text).to.be("41");
    expect(await polling.wire.poll()).to.eql(["6", "1"]);
    expect((await polling.closed)[0]).to.be("forced close");
    await expectUnknown(polling);
  });

  it("receives the close packet with the next poll [38]", async () => {
    const polling = await joined();
    polling.conn.close();
    expect(await polling.wire.poll()).to.eql(["6", "1"]);
    expect((await polling.closed)[0]).to.be("forced close");
    await expectUnknown(polling);
  });

  it("and that does not poll is closed after 30 seconds [39]", async () => {
    const { running, conn, closed } = await connected();
    expect(conn.transport.closeTimeout).to.be(30_000);
    conn.transport.closeTimeout = 1;
    conn.close();
    expect(running.io.engine.clientsCount).to.be(1);
    expect((await closed)[0]).to.be("forced close");
    expect(running.io.engine.clientsCount).to.be(0);
  });
});
