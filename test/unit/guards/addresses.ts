import { spawnSync } from "node:child_process";
import type { IncomingMessage } from "node:http";
import expect from "expect.js";
import { clientAddress, networkOf } from "../../../lib/guards/addresses";

function request(forwarded?: string): IncomingMessage {
  return { headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded } } as never;
}

describe("the address of a client", () => {
  it("is that of the connection, whatever headers the client sends", () => {
    expect(clientAddress(request("1.1.1.1"), "9.9.9.9", false)).to.be("9.9.9.9");
    expect(clientAddress(request("1.1.1.1"), "9.9.9.9", undefined)).to.be("9.9.9.9");
    expect(clientAddress(request("1.1.1.1"), "9.9.9.9", 0)).to.be("9.9.9.9");
    expect(clientAddress(undefined, "9.9.9.9", 1)).to.be("9.9.9.9");
    expect(clientAddress(null, undefined, 1)).to.be(undefined);
  });

  it("is the address that the farthest trusted proxy has seen", () => {
    expect(clientAddress(request("6.6.6.6, 1.1.1.1"), "9.9.9.9", 1)).to.be("1.1.1.1");
    expect(clientAddress(request("6.6.6.6,1.1.1.1 ,2.2.2.2"), "9.9.9.9", 2)).to.be("1.1.1.1");
    expect(clientAddress(request("1.1.1.1"), "9.9.9.9", 2)).to.be("1.1.1.1");
    expect(clientAddress(request(""), "9.9.9.9", 1)).to.be("9.9.9.9");
    expect(clientAddress(request(), "9.9.9.9", 2)).to.be("9.9.9.9");
  });

  it("is the result of a function, if it returns one", () => {
    expect(clientAddress(request("1.1.1.1"), "9.9.9.9", () => "5.5.5.5")).to.be("5.5.5.5");
    expect(clientAddress(request("1.1.1.1"), "9.9.9.9", () => undefined)).to.be("9.9.9.9");
    const throwing = () => {
      throw new Error("no such header");
    };
    expect(clientAddress(request(), "9.9.9.9", throwing)).to.be("9.9.9.9");
  });
});

describe("the network of an address", () => {
  it("is the address itself for IPv4, in each notation", () => {
    expect(networkOf("1.2.3.4")).to.be("1.2.3.4");
    expect(networkOf("::ffff:1.2.3.4")).to.be("1.2.3.4");
    expect(networkOf("::FFFF:1.2.3.4")).to.be("1.2.3.4");
    expect(networkOf("::ffff:0102:0304")).to.be("1.2.3.4");
    expect(networkOf("1.2.3.4:51234")).to.be("1.2.3.4");
    expect(networkOf("[::ffff:1.2.3.4]:51234")).to.be("1.2.3.4");
    expect(networkOf("[2001:db8:1:2::3]:51234")).to.be("2001:db8:1:2::/64");
    expect(networkOf("[2001:db8:1:2::3]")).to.be("2001:db8:1:2::/64");
    expect(networkOf("0000:0000:0000:0000:0000:ffff:7f00:00fe")).to.be("127.0.0.254");
  });

  it("is the /64 for IPv6, in each notation", () => {
    for (const address of [
      "2001:db8:1:2:3:4:5:6",
      "2001:db8:1:2::",
      "2001:0DB8:0001:2::7",
      "2001:db8:1:2:a::1%eth0",
    ]) {
      expect(networkOf(address)).to.be("2001:db8:1:2::/64");
    }
    expect(networkOf("::1")).to.be("0:0:0:0::/64");
    expect(networkOf("2001:db8::1")).to.be("2001:db8:0:0::/64");
    expect(networkOf("2001:db8:1:3::1")).not.to.be("2001:db8:1:2::/64");
  });

  it("is the text itself if it is not an address", () => {
    expect(networkOf("unknown")).to.be("unknown");
    expect(networkOf("64:ff9b::1.2.3.4")).to.be("64:ff9b::1.2.3.4");
  });
});

describe("the address of a client, from a function that returns no string", () => {
  const wrong = `[7, {}, Promise.resolve("1.1.1.1"), Promise.reject(new Error("no"))]`;

  it("is unknown, and one warning is emitted", () => {
    // a warning is emitted once per process
    const program = `
      const { clientAddress } = require("./lib/guards/addresses.ts");
      for (const answer of ${wrong}) {
        console.log(clientAddress({ headers: {} }, "9.9.9.9", () => answer));
      }`;
    const child = spawnSync(process.execPath, ["--import", "tsx", "-e", program], { encoding: "utf8" });
    expect(child.stdout).to.be("undefined\n".repeat(4));
    expect(child.stderr.match(/SOCKET_IO_TRUST_PROXY/g)).to.have.length(1);
    expect(child.stderr).to.contain('"trustProxy" returned 7 instead of a string');
  });
});
