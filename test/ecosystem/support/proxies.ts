/** The proxies of the tests: finds them, and starts them with the configurations of examples. */
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { onTestEnd } from "../../support/cleanup";
import {
  findProgram,
  freePort,
  listening,
  type Program,
  privateFolder,
  startProgram,
  versionFrom,
} from "./programs";

export const nginx: Program = {
  name: "nginx",
  debian: "apt install nginx-light",
  version: () => versionFrom(nginx, "-v"),
};
export const haproxy: Program = {
  name: "haproxy",
  debian: "apt install haproxy",
  version: () => versionFrom(haproxy, "-v"),
};

/** How a proxy is run: its arguments, and its configuration, which may need changes. */
export type ProxyRun = (folder: string, path: string) => { args: string[]; text(given: string): string };

/**
 * Starts a proxy with the configuration in a file, in which it listens on port 3000, and 3001, 3002, ... stand for `targets`.
 * Resolves with the port of the proxy.
 */
export async function startProxy(
  program: Program,
  file: string,
  targets: readonly number[],
  run: ProxyRun,
): Promise<number> {
  const port = await freePort();
  const ports = [port, ...targets];
  const folder = privateFolder(program.name);
  const path = join(folder, basename(file));
  const { args, text } = run(folder, path);
  const given = readFileSync(file, "utf8");
  const actual = given.replace(/\b300\d\b/g, (number) => String(ports[Number(number) - 3000] ?? number));
  writeFileSync(path, text(actual));
  const proxy = startProgram(findProgram(program) as string, args);
  onTestEnd(() => proxy.stop("SIGKILL"));
  await listening(port, proxy);
  return port;
}

/** Starts nginx with a configuration, of which `change` can change the text, as {@link startProxy} does. */
export function startNginx(
  file: string,
  targets: readonly number[],
  change = (text: string) => text,
): Promise<number> {
  return startProxy(nginx, file, targets, (folder, path) => ({
    args: [
      "-p",
      folder,
      "-c",
      path,
      "-g",
      `daemon off; master_process off; pid ${folder}/pid; error_log stderr;`,
    ],
    text: (given) =>
      change(given).replace(
        "http {",
        `http {\n  access_log off;\n${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
          .map((kind) => `  ${kind}_temp_path ${folder}/${kind};`)
          .join("\n")}`,
      ),
  }));
}
