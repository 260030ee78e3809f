import { execFile } from "node:child_process";
import { promisify } from "node:util";
import expect from "expect.js";
import { guardMessages } from "../support/guard-messages";
import { startGuarded } from "../support/handler-errors";
import { joinWire } from "../support/joined";
import { ownSuite } from "../support/own-tests";
import { environment, root } from "../support/repository";
import { startServer } from "../support/server";
import { subject } from "../support/subject";
import { nextValue } from "../support/waiting";
import { openWire } from "../support/wire";

/** A name with which a client tries to forge a line of a log. */
const NAME = `forged\n  socket.io:server\u001b[2J\u2028${"x".repeat(5_000)}`;
const SHOWN = `forged\\n  socket.io:server\\u001b[2J\\u2028xxx`;

/** Checks that a text shows the beginning of the name, escaped and shortened. */
function expectShown(text: unknown, around = 0): void {
  expect(text).to.contain(SHOWN);
  expect(String(text).length).to.be.lessThan(110 + around);
  expect(text).not.to.match(/[\p{Cc}\p{Zl}\p{Zp}]/u);
}

ownSuite("texts of clients, shortened and escaped,", () => {
  it("are in the lines of DEBUG, and ids are not complete [security 31]", async () => {
    const env = { ...environment(), DEBUG: "socket.io:*", DEBUG_COLORS: "no", DEBUG_HIDE_DATE: "yes" };
    const program = ["--import=tsx", "test/fixtures/hostile-texts.ts"];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, program, { cwd: root, env });
    const secrets: string[] = JSON.parse(stdout);
    expect(secrets.length).to.be(4);
    const lines = stderr.split("\n").slice(0, -1);
    const shown = lines.filter((line) => line.includes("FORGED"));
    expect(shown.length).to.be.greaterThan(12);
    for (const line of lines) {
      expect(line).to.match(/^socket\.io:[a-z-]+ [^\p{Cc}\p{Zl}\p{Zp}]{1,300}$/u);
      expect(line.startsWith("socket.io:server FORGED")).to.be(false);
    }
    expect(secrets.filter((secret) => stderr.includes(secret))).to.eql([]);
    expect(stderr).to.contain(`incoming connection with id ${secrets[0].slice(0, 6)}…`);
  });

  it("are the details of reports about namespaces [security 31]", async () => {
    const { io, url } = await startServer({ limits: { namespacesPerClient: 1, childNamespaces: 0 } });
    const told = guardMessages(io);
    io.of(/forged/);
    const wire = await openWire(url);
    expect(await wire.join(`/${NAME}`)).to.contain(NAME);
    await wire.join();
    await wire.join(`/${NAME}`);
    expect(told.map(({ code }) => code)).to.eql(["NAMESPACE_LIMIT", "NAMESPACE_LIMIT"]);
    for (const { detail } of told) {
      expectShown(detail);
    }
  });

  it("are the names of events in reports about handlers, and onHandlerError gets the whole name [security 31]", async () => {
    const running = await startGuarded();
    const told = guardMessages(running.io);
    const { wire, socket } = await joinWire(running);
    socket.on(
      NAME as never,
      (() => {
        throw new Error("no");
      }) as never,
    );
    wire.send(`42${JSON.stringify([NAME])}`);
    const [{ event }] = await running.errors(1);
    expect(event).to.be(NAME);
    expectShown((told[0].detail as { event: unknown }).event);
  });

  it("are in the messages of errors [security 31]", async () => {
    const { wire, socket } = await joinWire(await startServer());
    wire.send(`42["relay",${JSON.stringify(NAME)},{"constructor":{"name":${JSON.stringify(NAME)}}}]`);
    const [name, object] = await new Promise<unknown[]>((resolve) =>
      socket.on("relay", (...args: unknown[]) => resolve(args)),
    );
    expect(() => socket.emit(name as never, 1n as never)).to.throwError((error: Error) =>
      expectShown(error.message, 100),
    );
    expect(() => socket.emit(object as never)).to.throwError((error: Error) => {
      expect(error.message).to.be(
        "The name of an event must be a string or a number, got an object of type Object",
      );
    });
  });

  it("are in process warnings [security 31]", async () => {
    class FailingAdapter extends subject.Adapter {
      override init(): Promise<void> {
        return this.nsp.name === "/" ? Promise.resolve() : Promise.reject(new Error(`no ${this.nsp.name}`));
      }
    }
    const { io, url } = await startServer({ adapter: FailingAdapter as never });
    io.of(/forged/);
    const warned = nextValue<Error>(process, "warning");
    const wire = await openWire(url);
    const connected = nextValue(io.of(/forged/), "connection");
    wire.send(`40/${NAME},`);
    await connected;
    expectShown((await warned).message, 700);
  });
});
