import { once } from "node:events";
import { connect, type Socket as TcpSocket } from "node:net";
import expect from "expect.js";
import { onTestEnd } from "../support/cleanup";
import { ownSuite } from "../support/own-tests";
import { type Running, startServer } from "../support/server";
import { eventually, turn } from "../support/waiting";

const handshake = (transport: string) =>
  `GET /socket.io/?EIO=4&transport=${transport} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

async function start(): Promise<Running> {
  return startServer({ transports: ["polling", "websocket", "sse"] as any });
}

interface Line {
  tcp: TcpSocket;
  /** Ends the connection; resolves when the server has noticed. */
  cut(): Promise<void>;
}

async function openLine({ httpServer, port }: Running): Promise<Line> {
  const accepted = once(httpServer, "connection");
  const tcp = connect(port, "localhost");
  tcp.on("error", () => {});
  onTestEnd(() => tcp.destroy());
  const [stream] = (await accepted) as [TcpSocket];
  const cut = async () => {
    const closed = new Promise((resolve) => stream.once("close", resolve));
    tcp.destroy();
    await closed;
  };
  return { tcp, cut };
}

ownSuite("a client that ends its TCP connection", () => {
  it("with pipelined handshakes over server-sent events leaves no session", async () => {
    const running = await start();
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on("warning", onWarning);
    onTestEnd(() => process.off("warning", onWarning));
    const reasons: string[] = [];
    running.io.engine.on("connection", (conn: any) =>
      conn.on("close", (reason: string) => reasons.push(reason)),
    );
    const { tcp, cut } = await openLine(running);
    tcp.write(handshake("sse").repeat(50));
    await eventually(() => running.io.engine.clientsCount === 50);
    await cut();
    await eventually(() => running.io.engine.clientsCount === 0);
    expect(reasons).to.eql(Array(50).fill("transport close"));
    expect(warnings).to.eql([]);
  });

  for (const transport of ["polling", "sse"]) {
    const ways: Record<string, (engine: any, hold: (proceed: () => void) => void) => void> = {
      allowRequest(engine, hold) {
        engine.opts.allowRequest = (_req: unknown, decide: any) => hold(() => decide(null, true));
      },
      "a middleware of the engine"(engine, hold) {
        engine.use((_req: unknown, _res: unknown, next: () => void) => hold(next));
      },
      generateId(engine, hold) {
        engine.generateId = () => new Promise((resolve) => hold(() => resolve("id")));
      },
    };
    for (const [name, prepare] of Object.entries(ways)) {
      it(`while ${name} decides about its handshake leaves no session: ${transport}`, async () => {
        const running = await start();
        const { engine } = running.io;
        const refusals: unknown[] = [];
        engine.on("connection_error", (refusal: unknown) => refusals.push(refusal));
        let proceed: (() => void) | undefined;
        prepare(engine, (go) => {
          proceed = go;
        });
        const { tcp, cut } = await openLine(running);
        tcp.write(handshake(transport));
        await eventually(() => proceed !== undefined);
        await cut();
        proceed?.();
        await turn();
        await turn();
        expect([engine.clientsCount, refusals]).to.eql([0, []]);
      });
    }
  }
});
