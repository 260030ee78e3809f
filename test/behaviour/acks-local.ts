/** Acknowledgements of the clients of one server of a cluster. */
import expect from "expect.js";
import { startCluster } from "../support/cluster";
import { connectMember } from "../support/members";
import { ownSuite } from "../support/own-tests";
import { startServer } from "../support/server";

ownSuite("io.local, with acknowledgements", () => {
  it("resolves with the answers of the clients of this server, in a cluster", async () => {
    const { nodes } = await startCluster(2);
    const near = await connectMember(nodes[0]);
    const far = await connectMember(nodes[1]);
    near.client.on("question", (ack) => ack("near"));
    far.client.on("question", (ack) => ack("far"));
    expect(await nodes[0].io.local.timeout(20_000).emitWithAck("question")).to.eql(["near"]);
    expect((await nodes[0].io.timeout(20_000).emitWithAck("question")).sort()).to.eql(["far", "near"]);
  });

  it("resolves with the answers of all children of a dynamic namespace", async () => {
    const { io, pair } = await startServer();
    const parent = io.of(/^\/room-\d$/);
    for (const name of ["/room-1", "/room-2", "/room-3"]) {
      const { client } = await pair(name);
      client.on("question", (ack) => ack(name));
    }
    const answers = await parent.local.timeout(20_000).emitWithAck("question");
    expect(answers.sort()).to.eql(["/room-1", "/room-2", "/room-3"]);
  });
});
