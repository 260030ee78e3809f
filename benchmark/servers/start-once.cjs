/**
 * Loads a package and, if asked to, creates a server; prints the CPU time that this took, in microseconds:
 * `start-once.cjs <name of the package> [server]`.
 */
const { createServer } = require("node:http");

const [, , name, step] = process.argv;
const before = process.cpuUsage();
const { Server } = require(name);
if (step === "server") {
  new Server(createServer());
}
const { user, system } = process.cpuUsage(before);
process.stdout.write(String(user + system));
