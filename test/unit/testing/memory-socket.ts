import { once } from "node:events";
import expect from "expect.js";
import { connectInMemory } from "../../../lib/testing/memory-socket";
import { settled } from "../../../lib/testing/network";

describe("a connection in memory", () => {
  it("delivers bytes in a later turn, in order and as copies", async () => {
    const { client, server } = connectInMemory("203.0.113.7");
    const bytes = Buffer.from("ab");
    const received: string[] = [];
    server.on("data", (chunk: Buffer) => received.push(String(chunk)));
    await settled();
    client.write(bytes);
    bytes.fill("x");
    client.write("c");
    expect(received).to.eql([]);
    await settled();
    expect(received.join("")).to.be("abc");
  });

  it("knows the addresses of both ends", () => {
    const { client, server } = connectInMemory("2001:db8::1");
    expect([server.remoteAddress, server.remoteFamily, server.remotePort]).to.eql([
      "2001:db8::1",
      "IPv6",
      client.localPort,
    ]);
    expect(client.address()).to.eql({ address: "2001:db8::1", family: "IPv6", port: client.localPort });
    expect(connectInMemory("127.0.0.1").server.address()).to.eql({
      address: "127.0.0.1",
      family: "IPv4",
      port: 80,
    });
  });

  it("accepts a few writes for a peer that does not read, then blocks until it reads", async () => {
    const { client, server } = connectInMemory("127.0.0.1");
    const large = Buffer.alloc(1_000_000, 1);
    client.write(Buffer.alloc(1000));
    expect(client.writableLength).to.be(0);
    client.write(large);
    expect(client.writableLength).to.be(large.length);
    let bytes = 0;
    let largest = 0;
    server.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      largest = Math.max(largest, chunk.length);
    });
    await settled();
    expect([bytes, client.writableLength]).to.eql([1_001_000, 0]);
    expect(largest).to.be(65_536);
  });

  it("ends one direction after the other; the client's end closes by itself", async () => {
    const { client, server } = connectInMemory("127.0.0.1");
    client.resume();
    server.resume();
    client.end("bye");
    await once(server, "end");
    expect(server.writable).to.be(true);
    server.end();
    await Promise.all([once(client, "close"), once(server, "close")]);
  });

  it("resets a peer that writes to a closed end", async () => {
    const { client, server } = connectInMemory("127.0.0.1");
    client.destroy();
    const [error] = await Promise.all([
      once(server, "error").then(([reason]) => reason),
      server.write("late"),
    ]);
    expect(error.code).to.be("ECONNRESET");
  });

  it("resets the peer with resetAndDestroy()", async () => {
    const { client, server } = connectInMemory("127.0.0.1");
    client.resetAndDestroy();
    const [error] = await once(server, "error");
    expect([error.code, client.destroyed]).to.eql(["ECONNRESET", true]);
  });

  it("writes everything before destroySoon() closes it", async () => {
    const { client, server } = connectInMemory("127.0.0.1");
    server.write(Buffer.alloc(300_000));
    server.write(Buffer.alloc(300_000));
    server.destroySoon();
    expect(server.destroyed).to.be(false);
    let bytes = 0;
    client.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    await once(client, "end");
    expect([bytes, server.destroyed]).to.eql([600_000, true]);
  });

  it("loses bytes and ends in both directions when it is cut", async () => {
    const { client, server } = connectInMemory("127.0.0.1");
    const events: string[] = [];
    server.on("data", () => events.push("data"));
    server.on("end", () => events.push("end"));
    await settled();
    server.cut();
    client.write("lost");
    await settled();
    client.destroy();
    server.write("lost");
    await settled();
    expect([events, server.destroyed]).to.eql([[], false]);
  });

  it("has the methods of TCP sockets that have no effect here", () => {
    const { client } = connectInMemory("127.0.0.1");
    expect(client.setTimeout(5).setNoDelay().setKeepAlive().ref().unref()).to.be(client);
    expect(client.timeout).to.be(5);
  });
});
