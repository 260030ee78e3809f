/** Random actions of all kinds over µWebSockets.js; a model predicts which events each client receives. */
import { createServer } from "node:http";
import expect from "expect.js";
import { Server, type ServerOptions } from "socket.io";
import { heartbeat, MODEL_TIMEOUT, modelRun, runModel } from "../model/run";
import { eventually } from "../support/waiting";
import { listen } from "./support/hello";
import { tested } from "./support/tested";
import { attachUws } from "./support/uws";

tested({ area: "Frameworks", name: "µWebSockets.js: random load", packages: ["uwebsockets"] }, () => {
  const servers: Record<string, Partial<ServerOptions>> = {
    "a server": {},
    "a server with connection state recovery": { connectionStateRecovery: {} },
  };
  for (const [name, options] of Object.entries(servers)) {
    it(`${name} delivers to each client all of its events, once and in order [38, 79, 89]`, async () => {
      const io = new Server({ ...heartbeat, ...options });
      const { app, url, topics } = await attachUws(io);
      const { problems, received } = await runModel(io as never, [url]);
      expect({ ...modelRun, problems: problems.slice(0, 10) }).to.eql({ ...modelRun, problems: [] });
      expect(received).to.be.above(modelRun.steps);
      expect(topics.size).to.be.above(0);
      expect([...topics].filter((topic) => app.numSubscribers(topic) > 0)).to.eql([]);
    }).timeout(MODEL_TIMEOUT);
  }

  it("the same with an HTTP server of Node.js in addition [38, 89]", async () => {
    const io = new Server(heartbeat);
    const { url, topics } = await attachUws(io);
    const overUws = io.engine;
    const httpServer = createServer();
    io.attach(httpServer);
    const other = `http://127.0.0.1:${await listen(httpServer)}`;
    const { problems, received } = await runModel(io as never, [url, other]);
    expect({ ...modelRun, problems: problems.slice(0, 10) }).to.eql({ ...modelRun, problems: [] });
    expect(received).to.be.above(modelRun.steps);
    expect(topics.size).to.be.above(0);
    await eventually(() => overUws.clientsCount === 0);
  }).timeout(MODEL_TIMEOUT);
});
