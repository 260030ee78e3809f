import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  createSecureServer,
} from "node:http2";
import { createServer as createHttpsServer, get as getOverHttps } from "node:https";
import expect from "expect.js";
import { certificate } from "../support/certificate";
import { onTestEnd } from "../support/cleanup";
import { addressOf, ask } from "../support/http";
import { ownSuite } from "../support/own-tests";
import { Server } from "../support/subject";
import { eventually, nextEvent, nextValue, turn } from "../support/waiting";

async function startSecure(): Promise<{ io: InstanceType<typeof Server>; session: ClientHttp2Session }> {
  const httpServer = createSecureServer(certificate);
  const io = new Server(httpServer, { transports: ["sse"] });
  httpServer.listen(0);
  const session = connect(await addressOf(io, "https"), { ca: certificate.cert });
  onTestEnd(() => session.destroy());
  session.on("error", () => {});
  return { io, session };
}

interface Stream {
  request: ClientHttp2Stream;
  text(): string;
}

const PATH = "/socket.io/?EIO=4&transport=sse";

function get(session: ClientHttp2Session, path: string): Stream {
  const request = session.request({ ":path": path });
  let text = "";
  request.setEncoding("utf8").on("data", (more: string) => {
    text += more;
  });
  request.on("error", () => {});
  return { request, text: () => text };
}

async function post(session: ClientHttp2Session, path: string, body: string): Promise<number> {
  const request = session.request({ ":path": path, ":method": "POST" });
  request.end(body);
  const [headers] = await nextEvent<[{ ":status": number }]>(request, "response");
  request.resume();
  return headers[":status"];
}

async function joined() {
  const { io, session } = await startSecure();
  const connected = nextValue(io, "connection");
  const stream = get(session, PATH);
  await eventually(() => stream.text().includes("\n\n"));
  const { sid } = JSON.parse(stream.text().slice("data:0".length));
  const path = `${PATH}&sid=${sid}`;
  expect(await post(session, path, "40")).to.be(200);
  return { io, session, stream, path, socket: await connected };
}

ownSuite("server-sent events of an HTTP/2 server", () => {
  it("carry packets in both directions, over one TCP connection", async () => {
    const { session, stream, path, socket } = await joined();
    socket.emit("hello", "ö€😀");
    socket.emit("hello", 2);
    await eventually(() => stream.text().endsWith('data:42["hello","ö€😀"]\n\ndata:42["hello",2]\n\n'));
    const heard = nextValue(socket, "hello");
    expect(await post(session, path, '42["hello","back"]')).to.be(200);
    expect(await heard).to.be("back");
  });

  it("close the connection when the client resets the stream, and no other", async () => {
    const { io, session, stream, socket } = await joined();
    const left = nextEvent(socket, "disconnect");
    stream.request.close();
    expect((await left)[0]).to.be("transport close");
    expect(io.engine.clientsCount).to.be(0);
    const next = get(session, PATH);
    await eventually(() => next.text().includes("\n\n"));
  });

  it("keep nothing of a stream that the client resets without having read it", async () => {
    const { stream, socket } = await joined();
    stream.request.pause();
    const { conn } = socket;
    for (let i = 0; i < 20; i++) {
      socket.emit("much", "x".repeat(100_000));
      await turn();
    }
    expect(conn.transport.pendingResponse.writableLength).to.be.above(0);
    const left = nextEvent(socket, "disconnect");
    stream.request.close(constants.NGHTTP2_CANCEL);
    await left;
    expect(conn.transport.pendingResponse).to.be(undefined);
  });

  it("refuse a request that is too large, without a header that HTTP/2 does not have", async () => {
    const warnings: string[] = [];
    const onWarning = ({ message }: Error) => warnings.push(message);
    process.on("warning", onWarning);
    onTestEnd(() => process.off("warning", onWarning));
    const { session, stream, path, socket } = await joined();
    const left = nextEvent(socket, "disconnect");
    expect(await post(session, path, "4".repeat(1_000_001))).to.be(413);
    expect((await left)[0]).to.be("transport error");
    await eventually(() => stream.text().endsWith("data:1\n\n"));
    await turn();
    expect(warnings).to.eql([]);
  });

  it("end when the client sends a noop, and continue in the next stream", async () => {
    const { session, stream, path, socket } = await joined();
    const ended = nextEvent(stream.request, "end");
    await post(session, path, "6");
    await ended;
    expect(stream.text()).to.match(/data:6\n\n$/);
    socket.emit("a");
    const next = get(session, path);
    await eventually(() => next.text() === 'data:42["a"]\n\n');
  });

  it("end with the close packet when the server closes the connection", async () => {
    const { stream, socket } = await joined();
    const ended = nextEvent(stream.request, "end");
    socket.disconnect(true);
    await ended;
    expect(stream.text()).to.match(/data:41\n\ndata:1\n\n$/);
  });
});

ownSuite("server-sent events of an HTTPS server", () => {
  it("carry all events, also to a client that does not read for a while", async () => {
    const httpServer = createHttpsServer(certificate);
    const io = new Server(httpServer, { transports: ["sse"] });
    httpServer.listen(0);
    const url = await addressOf(io, "https");
    const connected = nextValue(io, "connection");
    const request = getOverHttps(`${url}${PATH}`, { ca: certificate.cert, agent: false });
    onTestEnd(() => request.destroy());
    const [response] = await nextEvent(request, "response");
    let text = "";
    response.setEncoding("utf8").on("data", (more: string) => {
      text += more;
    });
    await eventually(() => text.includes("\n\n"));
    const { sid } = JSON.parse(text.slice("data:0".length));
    await ask(`${url}${PATH}&sid=${sid}`, { method: "POST", body: "40", ca: certificate.cert });
    const socket = await connected;
    response.pause();
    const numbers = Array.from({ length: 100 }, (_, number) => number);
    for (const number of numbers) {
      socket.emit("number", number, "x".repeat(100_000));
      await turn();
    }
    expect(socket.bufferedBytes).to.be.above(0);
    response.resume();
    await socket.drained();
    socket.disconnect(true);
    await nextEvent(response, "end");
    const received = [...text.matchAll(/^data:42\["number",(\d+),"x{100000}"\]$/gm)].map(([, number]) =>
      Number(number),
    );
    expect(received).to.eql(numbers);
    expect(text).to.match(/\n\ndata:41\n\ndata:1\n\n$/);
  });
});
