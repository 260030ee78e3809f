/** Loads a package, and prints the CPU time that this took, in microseconds: `require-once.cjs <name of the package>`. */
const before = process.cpuUsage();
require(process.argv[2]);
const { user, system } = process.cpuUsage(before);
process.stdout.write(String(user + system));
