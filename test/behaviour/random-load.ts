/** Everything at once, in an order that nobody has thought of; what each client should have got is known all the same. */
import expect from "expect.js";
import type { ServerOptions } from "../../lib";
import { runModel } from "../model/run";
import { startServer } from "../support/server";

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000_007);
const steps = Number(process.env.STEPS ?? 2000);

/** A client of long-polling may go without a word. */
const heartbeat = { pingInterval: 1000, pingTimeout: 5000 };

const servers: Record<string, Partial<ServerOptions>> = {
  "a server": {},
  "a server that compresses": { perMessageDeflate: { threshold: 600 }, httpCompression: true },
  "a server with connection state recovery": { connectionStateRecovery: {} },
};

describe("under random load", function () {
  this.timeout(90_000 + steps * 20);

  for (const [name, options] of Object.entries(servers)) {
    it(`${name} gives each client what is meant for it, once and in order, whoever comes and goes [38, 43, 79]`, async () => {
      const { io, url } = await startServer({ ...heartbeat, ...options });
      const { problems, received, recovered } = await runModel(io, [url], { seed, steps, clients: 60 });
      expect({ seed, problems: problems.slice(0, 10) }).to.eql({ seed, problems: [] });
      expect(received).to.be.above(steps);
      expect(recovered > 0).to.be("connectionStateRecovery" in options);
    });
  }
});
