/** The methods between servers, on three servers that share an adapter. */

import expect from "expect.js";
import { eventually } from "../../support/waiting";
import type { Stage } from "./stage";
import type { Lack } from "./verbs";

/** Makes each server record the events of the others. */
async function noting({ run }: Stage): Promise<(server: number) => Promise<any[][]>> {
  for (const server of [0, 1, 2]) {
    await run(server, (nsp) => {
      const noted: unknown[][] = [];
      Object.assign(nsp, { noted });
      for (const event of ["note", "last"]) {
        nsp.on(event as any, (...args: unknown[]) => void noted.push([event, ...args]));
      }
    });
  }
  return (server) => run(server, (nsp) => (nsp as any).noted);
}

export function serverVerbs(open: () => Promise<Stage>, lacks: Lack[]): void {
  it("each server counts three servers", async () => {
    const { run } = await open();
    for (const server of [0, 1, 2]) {
      expect(await run(server, (nsp) => nsp.adapter.serverCount())).to.be(3);
    }
  });

  it("serverSideEmit reaches the other servers, and not its own", async () => {
    const stage = await open();
    const noted = await noting(stage);
    await stage.run(1, (nsp) => {
      nsp.serverSideEmit("note", 1, "two", { three: [null] });
      nsp.serverSideEmit("last");
    });
    for (const server of [0, 2]) {
      await eventually(async () => (await noted(server)).length === 2);
      expect(await noted(server)).to.eql([["note", 1, "two", { three: [null] }], ["last"]]);
    }
    expect(await noted(1)).to.eql([]);
  });

  it("the other servers answer serverSideEmit", async () => {
    const { run } = await open();
    for (const server of [0, 1, 2]) {
      await run(
        server,
        (nsp, number) =>
          void nsp.on("question" as any, (asked: string, reply: (answer: object) => void) =>
            reply({ asked, number }),
          ),
        server,
      );
    }
    const answers = await run(2, (nsp) => nsp.serverSideEmitWithAck("question", "why?"));
    answers.sort((a: any, b: any) => a.number - b.number);
    expect(answers).to.eql([
      { asked: "why?", number: 0 },
      { asked: "why?", number: 1 },
    ]);
  });

  it("a signal ends the wait for the answers of other servers", async () => {
    const { run } = await open();
    for (const server of [0, 1, 2]) {
      await run(
        server,
        (nsp, number) =>
          void nsp.on("question" as any, (reply: (answer: number) => void) => number !== 1 && reply(number)),
        server,
      );
    }
    const outcome = await run(0, async (nsp) => {
      const controller = new AbortController();
      const chain = nsp.withSignal(controller.signal);
      const sockets = await chain.fetchSockets();
      const answers = chain.serverSideEmitWithAck("question").catch(({ code, cause }) => ({ code, cause }));
      controller.abort("enough");
      return [sockets.length, await answers];
    });
    expect(outcome).to.eql([0, { code: "ABORT_ERR", cause: "enough" }]);
  });

  if (!lacks.includes("binary between servers")) {
    it("serverSideEmit carries binary data, also in answers", async () => {
      const { run } = await open();
      for (const server of [1, 2]) {
        await run(server, (nsp) => {
          nsp.on("question" as any, (bytes: Uint8Array, reply: (answer: Uint8Array) => void) =>
            reply(Buffer.from([...bytes, 3])),
          );
        });
      }
      const answers = await run(0, (nsp) => nsp.serverSideEmitWithAck("question", Buffer.from([1, 2])));
      expect(answers.map((bytes: Uint8Array) => [...bytes])).to.eql([
        [1, 2, 3],
        [1, 2, 3],
      ]);
    });
  }
}
