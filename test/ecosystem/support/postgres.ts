/** Starts a PostgreSQL server for the tests. */
import { execFileSync } from "node:child_process";
import { chownSync, existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { Client } from "pg";
import {
  findProgram,
  freePort,
  listening,
  type Program,
  privateFolder,
  startProgram,
  versionFrom,
} from "./programs";

const debianFolder = "/usr/lib/postgresql";

export const postgresServer: Program = {
  name: "postgres",
  debian: "apt install postgresql",
  places: existsSync(debianFolder)
    ? readdirSync(debianFolder).map((version) => join(debianFolder, version, "bin/postgres"))
    : [],
  version: () => versionFrom(postgresServer, "--version"),
};

export interface Postgres {
  readonly url: string;
  /** Ends the server as a crash does. */
  crash(): Promise<void>;
  /** Starts the server again, on the same port. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a new PostgreSQL cluster, with the table in which the adapter stores large messages. */
export async function startPostgres(): Promise<Postgres> {
  const program = realpathSync(findProgram(postgresServer) as string);
  const folder = privateFolder("postgres");
  const user = notRoot();
  if (user) {
    chownSync(folder, user.uid, user.gid);
  }
  const data = join(folder, "data");
  const initdb = join(dirname(program), "initdb");
  const options = ["-A", "trust", "-U", "test", "--no-sync", "--no-instructions", "-E", "UTF8", "--locale=C"];
  execFileSync(initdb, ["-D", data, ...options], { ...user, cwd: folder, stdio: "ignore" });
  const port = await freePort();
  const url = `postgres://test@127.0.0.1:${port}/postgres`;
  const start = async () => {
    const settings = ["-c", "fsync=off", "-c", "listen_addresses=127.0.0.1"];
    const started = startProgram(program, ["-D", data, "-p", String(port), "-k", folder, ...settings], {
      ...user,
      cwd: folder,
    });
    await listening(port, started);
    await accepting(url);
    return started;
  };
  let running: Awaited<ReturnType<typeof start>> | undefined = await start();
  const client = new Client(url);
  await client.connect();
  await client.query(
    "CREATE TABLE socket_io_attachments (id bigserial UNIQUE, created_at timestamptz DEFAULT NOW(), payload bytea)",
  );
  await client.end();
  const end = async (signal: NodeJS.Signals) => {
    await running?.stop(signal);
    running = undefined;
  };
  return {
    url,
    crash: () => end("SIGQUIT"),
    async start() {
      running ??= await start();
    },
    // does not wait for connected clients
    stop: () => end("SIGINT"),
  };
}

/** The server listens before it accepts connections. */
async function accepting(url: string): Promise<void> {
  const client = new Client(url);
  try {
    await client.connect();
    await client.end();
  } catch (error) {
    if ((error as { code?: string }).code !== "57P03") {
      throw error;
    }
    await accepting(url);
  }
}

/** PostgreSQL does not run as root: Debian has a user for it. */
function notRoot(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) {
    return undefined;
  }
  const [, uid, gid] = /^postgres:[^:]*:(\d+):(\d+):/m.exec(readFileSync("/etc/passwd", "utf8")) ?? [];
  return { uid: Number(uid), gid: Number(gid) };
}
