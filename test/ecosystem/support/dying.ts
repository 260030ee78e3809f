/** One of three servers hangs and exits, under load. */
import expect from "expect.js";
import { eventually, nextEvent } from "../../support/waiting";
import { numbersOf, sendNumbers, stopNumbers } from "./numbers";
import { acquainted, countOf, type Member, openStage, type Trio } from "./stage";

/** Three servers in separate processes. */
export interface Mortals extends Trio {
  /** Makes a process hang. */
  hang(server: number): Promise<unknown>;
  /** Kills the process. */
  kill(server: number): Promise<unknown>;
  /** Starts another process in its place. */
  replace(server: number): Promise<unknown>;
}

/** Tests the behaviour of the other servers. */
export function serverDies(open: () => Promise<Mortals>): void {
  it("the other servers continue, and their requests are answered or fail", async () => {
    const mortals = await open();
    const { nodes } = mortals;
    const stage = await openStage(mortals);
    const [ada, bob, carol] = (await stage.joinEach()) as [Member, Member, Member];
    for (const [number, { socket }] of [ada, bob, carol].entries()) {
      socket.on("question", (reply) => reply(number));
      await stage.run(
        number,
        (nsp, own) => void nsp.on("who" as any, (reply: (own: number) => void) => reply(own)),
        number,
      );
    }
    await sendNumbers(stage);
    await eventually(() => numbersOf(bob).length > 20 && numbersOf(carol).length > 20);

    // the process hangs, receives a request, and is killed
    await mortals.hang(2);
    const asked = stage.run(0, async (nsp) => {
      const answers = nsp.timeout(5000);
      return Promise.all([
        answers.fetchSockets().then(
          (all) => all.length,
          (error) => error.message as string,
        ),
        nsp.serverSideEmitWithAck("who").catch((error) => error.responses ?? error.message),
        answers.emitWithAck("question").catch((error) => error.responses),
      ]);
    });
    await eventually(() => [ada, bob].every(({ seen }) => seen.some(([name]) => name === "question")));
    await mortals.kill(2);
    const [sockets, servers, clients] = await asked;
    // an adapter that notices the loss of a server reports the other answers; one that does not reports a timeout
    expect(sockets === 2 || /^timeout reached/.test(sockets as string)).to.be(true);
    expect(servers).to.eql([1]);
    expect(clients.sort()).to.eql([0, 1]);

    const left = nodes.slice(0, 2);
    for (const node of left) {
      await eventually(async () => (await countOf(node, stage.namespace)) === 2);
    }
    const ids = await stage.run(1, async (nsp) => (await nsp.fetchSockets()).map(({ id }) => id));
    expect(ids.sort()).to.eql([ada.id, bob.id].sort());
    expect(await stage.run(1, (nsp) => nsp.serverSideEmitWithAck("who"))).to.eql([0]);
    const sent = await stopNumbers(stage);
    await stage.settled(0, ada, bob);
    for (const member of [ada, bob]) {
      expect(numbersOf(member)).to.eql(Array.from({ length: sent }, (_, number) => number));
    }

    // the clients of the killed process connect to another one
    if (carol.socket.connected) {
      await nextEvent(carol.socket, "disconnect");
    }
    const back = nextEvent(carol.socket, "connect");
    (carol.socket.io as any).uri = nodes[0]!.url;
    carol.socket.io.reconnection(mortals.shared === true);
    carol.socket.connect();
    await back;

    // another process takes its place
    await mortals.replace(2);
    await nodes[2]!.runIn(stage.namespace, () => {});
    await acquainted({ nodes }, stage.namespace);
    const dave = await stage.join(2);
    await stage.run(0, (nsp) => void nsp.emit("hello"));
    await stage.settled(0, dave, carol);
    expect(dave.seen).to.eql([["hello"]]);
    expect(carol.seen.at(-1)).to.eql(["hello"]);
  });
}
