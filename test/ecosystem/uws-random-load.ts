/** Everything at once over µWebSockets.js; what each client should have got is known all the same. */
import { createServer } from "node:http";
import expect from "expect.js";
import { Server, type ServerOptions } from "socket.io";
import { runModel } from "../model/run";
import { listen } from "./support/hello";
import { tested } from "./support/tested";
import { attachUws } from "./support/uws";

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000_007);
const steps = Number(process.env.STEPS ?? 2000);

/** A client of long-polling may go without a word. */
const heartbeat = { pingInterval: 1000, pingTimeout: 5000 };

tested({ area: "Frameworks", name: "µWebSockets.js under random load", packages: ["uwebsockets"] }, () => {
  const servers: Record<string, Partial<ServerOptions>> = {
    "a server": {},
    "a server with connection state recovery": { connectionStateRecovery: {} },
  };
  for (const [name, options] of Object.entries(servers)) {
    it(`${name} gives each client what is meant for it, once and in order [38, 79, 89]`, async () => {
      const io = new Server({ ...heartbeat, ...options });
      const { app, url, topics } = await attachUws(io);
      const { problems, received } = await runModel(io as never, [url], { seed, steps, clients: 60 });
      expect({ seed, problems: problems.slice(0, 10) }).to.eql({ seed, problems: [] });
      expect(received).to.be.above(steps);
      expect(topics.size).to.be.above(0);
      expect([...topics].filter((topic) => app.numSubscribers(topic) > 0)).to.eql([]);
    }).timeout(90_000 + steps * 20);
  }

  it("and so it does beside an HTTP server of Node.js [38, 89]", async () => {
    const io = new Server(heartbeat);
    const { url, topics } = await attachUws(io);
    const httpServer = createServer();
    io.attach(httpServer);
    const other = `http://127.0.0.1:${await listen(httpServer)}`;
    const { problems, received } = await runModel(io as never, [url, other], { seed, steps, clients: 60 });
    expect({ seed, problems: problems.slice(0, 10) }).to.eql({ seed, problems: [] });
    expect(received).to.be.above(steps);
    expect(topics.size).to.be.above(0);
  }).timeout(90_000 + steps * 20);
});
