/** Sessions and logins of the web application, which the server reads through io.engine.use(). */
import { createServer } from "node:http";
import expect from "expect.js";
import express from "express";
import passport from "passport";
import { Strategy } from "passport-custom";
import { Server } from "socket.io";
import { onTestEnd } from "../support/cleanup";
import { nextEvent } from "../support/waiting";
import { client, listen } from "./support/hello";
import { tested } from "./support/tested";

// the package has no types
const session: (options: object) => any = require("express-session");

/** A cookie as a browser would send it back. */
function cookieOf(response: Response): string {
  return response.headers.getSetCookie()[0]!.split(";")[0]!;
}

tested({ area: "Frameworks", name: "express-session", packages: ["express-session", "express"] }, () => {
  it("shares one session between pages and sockets, over each transport", async () => {
    const app = express();
    const sessions = session({ secret: "for tests", resave: false, saveUninitialized: true });
    app.use(sessions);
    app.get("/visit", (req: any, res) => {
      req.session.visits = (req.session.visits ?? 0) + 1;
      res.send("visited");
    });
    const httpServer = createServer(app);
    const io = new Server(httpServer);
    onTestEnd(() => io.close());
    io.engine.use(sessions);
    io.on("connection", (socket) => {
      socket.on("visits", (reply) => {
        const { session } = socket.request as any;
        session.reload(() => {
          session.visits = (session.visits ?? 0) + 1;
          session.save(() => reply(session.visits));
        });
      });
    });
    const url = `http://127.0.0.1:${await listen(httpServer)}`;
    const cookie = cookieOf(await fetch(`${url}/visit`));
    for (const [transport, visits] of [
      ["polling", 2],
      ["websocket", 3],
    ] as const) {
      const socket = client(url, { transports: [transport], extraHeaders: { cookie } });
      expect(await socket.emitWithAck("visits")).to.be(visits);
    }
    const stranger = client(url, { transports: ["polling"] });
    expect(await stranger.emitWithAck("visits")).to.be(1);
  });

  it("sends its cookie with the first answer over long-polling", async () => {
    const httpServer = createServer();
    const io = new Server(httpServer);
    onTestEnd(() => io.close());
    io.engine.use(session({ secret: "for tests", resave: false, saveUninitialized: true }));
    const url = `http://127.0.0.1:${await listen(httpServer)}`;
    const first = await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
    expect(cookieOf(first)).to.match(/^connect\.sid=/);
  });
});

tested({ area: "Frameworks", name: "Passport", packages: ["passport", "passport-custom"] }, () => {
  async function startWithPassport() {
    const authenticator = new passport.Passport();
    authenticator.use(
      "name",
      new Strategy((req, done) => done(null, req.query.name ? { name: req.query.name } : false)),
    );
    authenticator.serializeUser((user, done) => done(null, user));
    authenticator.deserializeUser((user: object, done) => done(null, user as Express.User));
    const sessions = session({ secret: "for tests", resave: false, saveUninitialized: false });
    const app = express();
    app.use(sessions, authenticator.initialize(), authenticator.session());
    app.get("/login", authenticator.authenticate("name"), (req, res) => {
      res.json(req.user);
    });
    const httpServer = createServer(app);
    const io = new Server(httpServer);
    onTestEnd(() => io.close());
    io.engine.use(sessions);
    io.engine.use(authenticator.session());
    io.engine.use((req: any, res: any, next: () => void) => {
      // only the first request of a connection: later requests belong to a client that was accepted
      const isHandshake = req._query.sid === undefined;
      if (!isHandshake || req.user) {
        next();
      } else {
        res.writeHead(401);
        res.end();
      }
    });
    io.on("connection", (socket) => {
      socket.on("whoami", (reply) => reply((socket.request as any).user.name));
    });
    return `http://127.0.0.1:${await listen(httpServer)}`;
  }

  it("identifies the user, over each transport", async () => {
    const url = await startWithPassport();
    const cookie = cookieOf(await fetch(`${url}/login?name=Ada`));
    for (const transport of ["polling", "websocket"]) {
      const socket = client(url, { transports: [transport], extraHeaders: { cookie } });
      expect(await socket.emitWithAck("whoami")).to.be("Ada");
    }
  });

  it("refuses clients without a login, over each transport", async () => {
    const url = await startWithPassport();
    for (const transport of ["polling", "websocket"]) {
      const socket = client(url, { transports: [transport] });
      const [error] = await nextEvent<[Error & { description?: any }]>(socket, "connect_error");
      expect(error.message).to.be(transport === "polling" ? "xhr poll error" : "websocket error");
    }
  });
});
