import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import expect from "expect.js";
import { shareHeaders } from "../../../../lib/connection/fast/headers";

function request(...rawHeaders: string[]): IncomingMessage {
  const req = new IncomingMessage(new Socket());
  req.rawHeaders = rawHeaders;
  shareHeaders(req);
  return req;
}

describe("headers that many requests share", () => {
  it("are unchanged", () => {
    const headers = ["Host", "localhost", "USER-AGENT", "Mozilla/5.0", "Cookie", "sid=secret", "X-Own", "x"];
    expect(request(...headers).rawHeaders).to.eql(headers);
    expect(request(...headers).rawHeaders).to.eql(headers);
  });

  it("are unchanged if they are too many or too long to be kept", () => {
    for (let i = 0; i < 5_000; i++) {
      const headers = ["User-Agent", `agent ${i}`, `X-${i}`, "value"];
      const req = { rawHeaders: [...headers] };
      shareHeaders(req);
      if (req.rawHeaders.join() !== headers.join()) {
        expect(req.rawHeaders).to.eql(headers);
      }
    }
    const long = ["User-Agent", "a".repeat(10_000)];
    expect(request(...long).rawHeaders).to.eql(long);
  });

  it("are unchanged if a value is missing", () => {
    expect(request("Host").rawHeaders).to.eql(["Host"]);
  });
});
