import expect from "expect.js";
import { checkOptions, resolveOptions } from "../../lib/options";

function failureOf(options: Record<string, unknown>): Error & { code?: string } {
  try {
    checkOptions(options);
  } catch (error) {
    return error as Error;
  }
  throw new Error("the options were accepted");
}

describe("options", () => {
  it("are completed with the defaults [8, 11, 21, 23, 24]", () => {
    const settings = resolveOptions(checkOptions({}));
    expect(settings.path).to.be("/socket.io");
    expect(settings.serveClient).to.be(true);
    expect(settings.connectTimeout).to.be(45_000);
    expect(settings.cleanupEmptyChildNamespaces).to.be(false);
    expect(settings.connectionStateRecovery).to.be(undefined);
    expect(settings.parser.Encoder).to.be.a("function");
  });

  it("are copied: what the application gave is left as it is, and what the server keeps is frozen", () => {
    const given = { connectionStateRecovery: { maxDisconnectionDuration: 5 }, pingInterval: 10 };
    const settings = resolveOptions(checkOptions(given));
    expect(given).to.eql({ connectionStateRecovery: { maxDisconnectionDuration: 5 }, pingInterval: 10 });
    expect(settings.connectionStateRecovery).to.eql({ maxDisconnectionDuration: 5, skipMiddlewares: true });
    expect(Object.isFrozen(settings)).to.be(true);
    expect(Object.isFrozen(settings.connectionStateRecovery)).to.be(true);
  });

  it("that are undefined or null count as not given", () => {
    const options = { pingTimeout: undefined, adapter: null, path: undefined } as never;
    expect(checkOptions(options)).to.eql({});
    expect(resolveOptions(checkOptions(options)).path).to.be("/socket.io");
  });

  it("that the library does not know are passed on", () => {
    expect(checkOptions({ someEngineOption: 1 } as never)).to.eql({ someEngineOption: 1 });
  });

  it("take numbers in strings, as they come from the environment", () => {
    expect(checkOptions({ pingInterval: "250" } as never)).to.eql({ pingInterval: 250 });
  });

  it("take a connectTimeout of 0 as the default [21]", () => {
    expect(resolveOptions(checkOptions({ connectTimeout: 0 })).connectTimeout).to.be(45_000);
  });

  it("take true, false or an object for connectionStateRecovery [23]", () => {
    const recovery = (connectionStateRecovery: unknown) =>
      resolveOptions(checkOptions({ connectionStateRecovery } as never)).connectionStateRecovery;
    expect(recovery(true)).to.eql({ maxDisconnectionDuration: 120_000, skipMiddlewares: true });
    expect(recovery({ skipMiddlewares: false })).to.eql({
      maxDisconnectionDuration: 120_000,
      skipMiddlewares: false,
    });
    expect(recovery(false)).to.be(undefined);
  });

  it("may allow messages of any size", () => {
    expect(checkOptions({ maxHttpBufferSize: Number.POSITIVE_INFINITY })).to.eql({
      maxHttpBufferSize: Number.POSITIVE_INFINITY,
    });
  });

  const refusals: [options: Record<string, unknown>, message: string][] = [
    [{ connectTimeout: "45s" }, '"connectTimeout" must be a number of milliseconds, got "45s"'],
    [{ pingInterval: -1 }, '"pingInterval" must be a number of milliseconds, got -1'],
    [{ pingTimeout: Number.NaN }, '"pingTimeout" must be a number of milliseconds, got NaN'],
    [{ upgradeTimeout: "" }, '"upgradeTimeout" must be a number of milliseconds, got ""'],
    [
      { destroyUpgradeTimeout: 2 ** 31 },
      '"destroyUpgradeTimeout" must be a number of milliseconds of at most 2147483647, got 2147483648',
    ],
    [
      { maxHttpBufferSize: {} },
      '"maxHttpBufferSize" must be a number of bytes, got an object of type Object',
    ],
    [{ path: /x/ }, '"path" must be a string such as "/socket.io", got an object of type RegExp'],
    [{ adapter: [] }, '"adapter" must be an adapter class or a function that makes an adapter, got an array'],
    [
      { parser: {} },
      '"parser" must be a module with an Encoder and a Decoder class, got an object of type Object',
    ],
    [{ allowRequest: true }, '"allowRequest" must be a function (req, callback), got true'],
    [{ wsEngine: "ws" }, '"wsEngine" must be a WebSocket server class, got "ws"'],
    [
      { connectionStateRecovery: "yes" },
      '"connectionStateRecovery" must be an object such as { maxDisconnectionDuration: 120000 }, got "yes"',
    ],
    [
      { connectionStateRecovery: { maxDisconnectionDuration: "2 min" } },
      '"connectionStateRecovery.maxDisconnectionDuration" must be a number of milliseconds, got "2 min"',
    ],
  ];
  for (const [options, message] of refusals) {
    it(`are refused with ${message}`, () => {
      const error = failureOf(options);
      expect(error.message).to.be(message);
      expect(error.code).to.be("INVALID_OPTION");
    });
  }
});
