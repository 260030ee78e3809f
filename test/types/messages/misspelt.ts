/** Misspelt options, one per line; test/package/types.ts reads the compiler's message for each. */
import { createServer } from "node:http";
import { Server } from "socket.io";

new Server({ pingIntervall: 5000 });
new Server(createServer(), { pingIntervall: 5000 });
new Server(3000, { pingIntervall: 5000 });
new Server(undefined, { pingIntervall: 5000 });
new Server({ serveClient: false, conectTimeout: 5000 });
new Server({ connectionStateRecovery: { skipMiddleware: true } });
new Server().attach(3000, { pingIntervall: 5000 });
