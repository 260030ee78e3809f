/** Everything at once, in an order that nobody has thought of; what each client should have got is known all the same. */
import expect from "expect.js";
import type { ServerOptions } from "../../lib";
import { heartbeat, MODEL_TIMEOUT, modelRun, runModel } from "../model/run";
import { startServer } from "../support/server";

const servers: Record<string, Partial<ServerOptions>> = {
  "a server": {},
  "a server that compresses": { perMessageDeflate: { threshold: 600 }, httpCompression: { threshold: 0 } },
  "a server with connection state recovery": { connectionStateRecovery: {} },
};

describe("under random load", function () {
  this.timeout(MODEL_TIMEOUT);

  for (const [name, options] of Object.entries(servers)) {
    it(`${name} gives each client what is meant for it, once and in order, whoever comes and goes [38, 43, 79]`, async () => {
      const { io, url } = await startServer({ ...heartbeat, ...options });
      const { problems, received, recovered } = await runModel(io, [url]);
      expect({ ...modelRun, problems: problems.slice(0, 10) }).to.eql({ ...modelRun, problems: [] });
      expect(received).to.be.above(modelRun.steps);
      expect(recovered > 0).to.be("connectionStateRecovery" in options);
    });
  }
});
