/** Requests and responses of µWebSockets.js that are used asynchronously. */
import expect from "expect.js";
import { RequestCopy, SafeResponse } from "../../../../lib/attach/uws/exchange";

/**
 * A response that may be used only until it has ended or was aborted, and written to only while it is corked. A WebSocket
 * that is opened while it is corked may be closed at once.
 */
class StrictResponse {
  readonly calls: unknown[][] = [];
  abort = (): void => {};
  /** Delivers a part of the body, whose memory is reused afterwards. */
  receive = (_text: string, _isLast: boolean): void => {};
  private isOver = false;
  private isCorked = false;

  private call(...call: unknown[]): void {
    if (this.isOver || this.isCorked === (call[0] === "upgrade")) {
      throw new Error(`${call[0]} is ${this.isOver ? "too late" : "not allowed now"}`);
    }
    this.calls.push(call);
  }

  writeStatus = (status: string) => this.call("writeStatus", status);
  writeHeader = (name: string, value: string) => this.call("writeHeader", name, value);
  end = (...args: unknown[]) => this.finish("end", ...args);
  endWithoutBody = () => this.finish("endWithoutBody");
  upgrade = (...args: unknown[]) => this.finish("upgrade", ...args);
  close = () => this.abort();
  onData = (listener: (chunk: ArrayBuffer, isLast: boolean) => void): void => {
    this.receive = (text, isLast) => {
      const memory = new TextEncoder().encode(text).buffer as ArrayBuffer;
      listener(memory, isLast);
      new Uint8Array(memory).fill(0);
    };
  };
  getRemoteAddressAsText = () => new TextEncoder().encode("127.0.0.1").buffer as ArrayBuffer;

  cork(write: () => void): void {
    this.isCorked = true;
    write();
    this.isCorked = false;
  }

  onAborted(listener: () => void): void {
    this.abort = () => {
      this.isOver = true;
      listener();
    };
  }

  private finish(...call: unknown[]): void {
    this.call(...call);
    this.isOver = true;
  }
}

const limits = { maxHttpBufferSize: 10, maxBufferedChunks: 3, httpRequestBodyTimeout: 1_000 };

describe("a response of µWebSockets.js", () => {
  it("accepts numbers as headers, as middlewares set them", () => {
    const strict = new StrictResponse();
    new SafeResponse(strict).writeHeader("x-limit", 100).end();
    expect(strict.calls[0]).to.eql(["writeHeader", "x-limit", "100"]);
  });

  it("keeps the body until it is read, and passes later parts on", () => {
    const strict = new StrictResponse();
    const response = new SafeResponse(strict).bufferBody(limits);
    strict.receive("one", false);
    strict.receive("two", false);
    const taken: unknown[] = [];
    response.onData((chunk, isLast) => taken.push([Buffer.from(chunk).toString(), isLast]));
    strict.receive("and more than ten", true);
    expect(taken).to.eql([
      ["one", false],
      ["two", false],
      ["and more than ten", true],
    ]);
  });

  for (const [what, chunks] of Object.entries({
    "has too many bytes": ["0123456789", "x", "dropped"],
    "comes in too many chunks": ["1", "2", "3", "4", "dropped"],
  })) {
    it(`keeps a body that ${what}, up to the chunk that exceeds the limit`, () => {
      const strict = new StrictResponse();
      const response = new SafeResponse(strict).bufferBody(limits);
      for (const chunk of chunks) {
        strict.receive(chunk, false);
      }
      const taken: string[] = [];
      response.onData((chunk) => taken.push(Buffer.from(chunk).toString()));
      expect(taken).to.eql(chunks.slice(0, -1));
    });
  }

  for (const status of ["413 Payload Too Large", "408 Request Timeout"]) {
    it(`closes the connection after ${status}: the client may continue to send`, () => {
      const strict = new StrictResponse();
      new SafeResponse(strict).writeStatus(status).end();
      expect(strict.calls.at(-1)).to.eql(["end", undefined, true]);
    });
  }

  it("keeps nothing of an aborted request", () => {
    const taken: unknown[] = [];
    const other = new StrictResponse();
    const aborted = new SafeResponse(other).bufferBody(limits);
    other.receive("one", true);
    other.abort();
    aborted.onData((chunk) => taken.push(chunk));
    expect(taken).to.eql([]);
  });

  it("is written at its end, in one piece, with the first status", () => {
    const strict = new StrictResponse();
    const response = new SafeResponse(strict);
    response.writeStatus("200 OK").writeHeader("a", "b").writeStatus("500 Late");
    response.cork(() => response.end("body"));
    response.end("again");
    expect(strict.calls).to.eql([
      ["writeStatus", "200 OK"],
      ["writeHeader", "a", "b"],
      ["end", "body"],
    ]);
  });

  it("does nothing after it was aborted, and reports this, also to later listeners", async () => {
    const strict = new StrictResponse();
    const response = new SafeResponse(strict);
    const told: string[] = [];
    response.onAborted(() => told.push("first"));
    response.close();
    await new Promise<void>((resolve) =>
      response.onAborted(() => {
        told.push("late");
        resolve();
      }),
    );
    response
      .onData(() => {})
      .writeStatus("200 OK")
      .end("body")
      .endWithoutBody()
      .close();
    expect(response.getRemoteAddressAsText().byteLength).to.be(0);
    expect(told).to.eql(["first", "late"]);
    expect(strict.calls).to.eql([]);
  });

  it("closes the transport of an upgrade that is too late", () => {
    const strict = new StrictResponse();
    const response = new SafeResponse(strict);
    let closed = 0;
    const userData = { transport: { onClose: () => void closed++ } };
    strict.abort();
    response.upgrade(userData, "key", "", "", undefined);
    expect(closed).to.be(1);
    expect(strict.calls).to.eql([]);
  });

  it("is upgraded after its status and headers, outside of cork()", () => {
    const strict = new StrictResponse();
    const response = new SafeResponse(strict);
    const userData = { transport: { onClose: () => {} } };
    response.writeStatus("101 Switching Protocols").writeHeader("a", "b");
    response.upgrade(userData, "key", "", "", "context");
    expect(strict.calls).to.eql([
      ["writeStatus", "101 Switching Protocols"],
      ["writeHeader", "a", "b"],
      ["upgrade", userData, "key", "", "", "context"],
    ]);
  });
});

describe("a request of µWebSockets.js", () => {
  it("can be read later, though the engine writes its own members into it", () => {
    let isOver = false;
    const headers = { host: "a", "x-b": "c" };
    const give = <Value>(value: Value) => {
      expect(isOver).to.be(false);
      return value;
    };
    const request = new RequestCopy({
      getMethod: () => give("get"),
      getUrl: () => give("/path"),
      getQuery: () => give("EIO=4"),
      getHeader: () => give(""),
      setYield: () => {},
      forEach: (visit) => {
        for (const [name, value] of give(Object.entries(headers))) {
          visit(name, value);
        }
      },
    });
    isOver = true;
    Object.assign(request, { method: "GET", url: "/other", headers: {}, query: 1, path: 2, fields: 3 });
    expect([request.getMethod(), request.getUrl(), request.getQuery()]).to.eql(["get", "/path", "EIO=4"]);
    expect([request.getHeader("x-b"), request.getHeader("none")]).to.eql(["c", ""]);
    const seen: Record<string, string> = {};
    request.forEach((name, value) => {
      seen[name] = value;
    });
    expect(seen).to.eql(headers);
  });
});

describe("a field in several lines of a request of µWebSockets.js", () => {
  it("is one field, in the order of the lines", () => {
    const lines = [
      ["x-forwarded-for", "1.1.1.1"],
      ["cookie", "a=1"],
      ["x-forwarded-for", "2.2.2.2"],
      ["cookie", "b=2"],
    ] as const;
    const request = new RequestCopy({
      getMethod: () => "get",
      getUrl: () => "/",
      getQuery: () => "",
      getHeader: () => "",
      setYield: () => {},
      forEach: (visit) => {
        for (const [name, value] of lines) {
          visit(name, value);
        }
      },
    });
    expect(request.getHeader("x-forwarded-for")).to.be("1.1.1.1, 2.2.2.2");
    expect(request.getHeader("cookie")).to.be("a=1; b=2");
  });
});
