/** Random actions of all kinds; a model predicts which events each client receives. */
import { NodeWebSocket } from "engine.io-client";
import expect from "expect.js";
import type { ServerOptions } from "../../lib";
import { ServerSentEvents } from "../../lib/server-sent-events";
import { heartbeat, MODEL_TIMEOUT, modelRun, runModel } from "../model/run";
import { ownTest } from "../support/own-tests";
import { startServer } from "../support/server";

const servers: Record<string, Partial<ServerOptions>> = {
  "a server": {},
  "a server that compresses": { perMessageDeflate: { threshold: 600 }, httpCompression: { threshold: 0 } },
  "a server with connection state recovery": { connectionStateRecovery: {} },
};

describe("under random load", function () {
  this.timeout(MODEL_TIMEOUT);

  for (const [name, options] of Object.entries(servers)) {
    it(`${name} sends each client its events, once and in order, while clients come and go [38, 43, 79]`, async () => {
      const { io, url } = await startServer({ ...heartbeat, ...options });
      const { problems, received, recovered } = await runModel(io, [url]);
      expect({ ...modelRun, problems: problems.slice(0, 10) }).to.eql({ ...modelRun, problems: [] });
      expect(received).to.be.above(modelRun.steps);
      expect(recovered > 0).to.be("connectionStateRecovery" in options);
    });
  }

  ownTest(
    "a server sends its events over server-sent events, once and in order, with upgrades and recovery",
    async () => {
      const { io, url } = await startServer({
        ...heartbeat,
        connectionStateRecovery: {},
        transports: ["sse", "websocket"],
      });
      const ways = {
        sse: { transports: [ServerSentEvents] },
        "sse, upgraded": { transports: [ServerSentEvents, NodeWebSocket] },
      };
      const { problems, received, recovered } = await runModel(io, [url], modelRun, ways);
      expect({ ...modelRun, problems: problems.slice(0, 10) }).to.eql({ ...modelRun, problems: [] });
      expect(received).to.be.above(modelRun.steps);
      expect(recovered).to.be.above(0);
    },
  );
});
