import expect from "expect.js";
import { startServer } from "../support/server";
import { subjectName } from "../support/subject";
import { eventually } from "../support/waiting";
import { openPolling, openWire } from "../support/wire";

// engine.io forgets both connections when one of them closes
const lightIt = subjectName === "reference" || process.env.SOCKET_IO_FAST_PATH === "off" ? it.skip : it;

describe("two connections with the same id from generateId", () => {
  for (const first of [0, 1]) {
    it(`are counted until each is closed, the ${first === 0 ? "older" : "newer"} one first [33]`, async () => {
      const { io, url } = await startServer();
      io.engine.generateId = () => "one id";
      const wires = [await openWire(url), await openWire(url)];
      expect(io.engine.clientsCount).to.be(2);
      wires[first].ws.close();
      await eventually(() => io.engine.clientsCount === 1);
      wires[1 - first].ws.close();
      await eventually(() => io.engine.clientsCount === 0);
      expect(Object.keys((io.engine as any).clients)).to.eql([]);
    });
  }

  lightIt("do not replace each other: the newer one is found when the older one has closed", async () => {
    const { io, url } = await startServer();
    io.engine.generateId = () => "one id";
    const older = await openWire(url);
    const newer = await openPolling(url);
    older.ws.close();
    await eventually(() => io.engine.clientsCount === 1);
    expect(await newer.join()).to.contain('40{"sid":');
  });
});
