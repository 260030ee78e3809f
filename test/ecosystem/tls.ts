/** TLS with client certificates, and HTTP/2. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { connect as connectHttp2, createSecureServer } from "node:http2";
import { createServer } from "node:https";
import { join } from "node:path";
import type { TLSSocket } from "node:tls";
import expect from "expect.js";
import { Server } from "socket.io";
import { onTestEnd } from "../support/cleanup";
import { nextEvent } from "../support/waiting";
import { answerHello, client, greetEachWay, listen } from "./support/hello";
import { findProgram, type Program, privateFolder, versionFrom } from "./support/programs";
import { tested } from "./support/tested";

const openssl: Program = {
  name: "openssl",
  debian: "apt install openssl",
  version: () => versionFrom(openssl, "version"),
};

interface Identity {
  key: Buffer;
  cert: Buffer;
}

/** An authority, and certificates that it has signed. */
function authority() {
  const folder = privateFolder("tls");
  const run = (...args: string[]) =>
    execFileSync(findProgram(openssl) as string, args, { cwd: folder, stdio: "ignore" });
  const file = (name: string) => readFileSync(join(folder, name));
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  run("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=tests", "-days", "2");
  return {
    ca: file("ca.crt"),
    identity(name: string): Identity {
      const subject = ["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1"];
      run("req", ...key, "-keyout", `${name}.key`, "-out", `${name}.csr`, ...subject);
      const signer = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-copy_extensions", "copy"];
      run("x509", "-req", "-in", `${name}.csr`, ...signer, "-out", `${name}.crt`, "-days", "2");
      return { key: file(`${name}.key`), cert: file(`${name}.crt`) };
    },
  };
}

tested({ area: "Frameworks", name: "HTTPS and HTTP/2", programs: [openssl] }, () => {
  it("identifies clients by certificate, and refuses clients without one, over each transport", async () => {
    const { ca, identity } = authority();
    const httpServer = createServer({
      ...identity("server"),
      ca,
      requestCert: true,
      rejectUnauthorized: false,
    });
    const io = new Server(httpServer, {
      allowRequest: (req, callback) => {
        const socket = req.socket as TLSSocket;
        // read here: the connection of a polling request may be closed afterwards
        Object.assign(req, { peer: socket.authorized && socket.getPeerCertificate().subject.CN });
        callback(null, socket.authorized);
      },
    });
    onTestEnd(() => io.close());
    io.on("connection", (socket) => {
      socket.on("whoami", (reply) => reply((socket.request as any).peer));
    });
    const url = `https://127.0.0.1:${await listen(httpServer)}`;
    const ada = identity("Ada");
    for (const transport of ["polling", "websocket"]) {
      const known = client(url, { transports: [transport], ca, ...(ada as any) });
      expect(await known.emitWithAck("whoami")).to.be("Ada");
      const unknown = client(url, { transports: [transport], ca } as any);
      await nextEvent(unknown, "connect_error");
    }
  });

  it("shares a port with HTTP/2: pages over HTTP/2, clients over HTTP/1.1", async () => {
    const { ca, identity } = authority();
    const httpServer = createSecureServer({ ...identity("server"), allowHTTP1: true }, (_req, res) => {
      res.end("the page");
    });
    const io = new Server(httpServer);
    onTestEnd(() => io.close());
    answerHello(io);
    const url = `https://127.0.0.1:${await listen(httpServer)}`;
    const session = connectHttp2(url, { ca });
    onTestEnd(() => session.close());
    const stream = session.request({ ":path": "/page" });
    stream.setEncoding("utf8");
    expect(await nextEvent(stream, "data")).to.eql(["the page"]);
    await greetEachWay(url, { ca } as any);
    // long-polling works over HTTP/2 too
    const handshake = session.request({ ":path": "/socket.io/?EIO=4&transport=polling" });
    handshake.setEncoding("utf8");
    const [opening] = await nextEvent<[string]>(handshake, "data");
    expect(opening).to.match(/^0\{"sid":/);
  });
});
