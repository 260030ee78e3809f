/** Published tools that record spans and metrics of a server: they record the same as with the reference server. */
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import expect from "expect.js";
import { root, runNode } from "../support/repository";
import { tested } from "./support/tested";

const program = join(__dirname, "fixtures/observed-conversation.cjs");

/**
 * A folder in which `require("socket.io")` loads a copy of a server. Tools that patch a module when it is loaded know it by the
 * name of its folder, so a link is not enough. The copies are inside of node_modules, where their dependencies are found.
 */
function folderWith(server: "ours" | "reference"): string {
  const folder = mkdtempSync(join(root, "node_modules", `.observed-${server}-`));
  const place = join(folder, "node_modules/socket.io");
  mkdirSync(place, { recursive: true });
  if (server === "reference") {
    cpSync(join(root, "node_modules/socket.io-reference"), place, { recursive: true });
  } else {
    cpSync(join(root, "dist"), join(place, "dist"), { recursive: true });
    cpSync(join(root, "package.json"), join(place, "package.json"));
  }
  return folder;
}

async function recorded(server: "ours" | "reference", tool: string): Promise<unknown[]> {
  const folder = folderWith(server);
  try {
    const { code, stdout, stderr } = await runNode([program, folder, tool]);
    if (code !== 0) {
      throw new Error(stderr);
    }
    return JSON.parse(stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

for (const [name, tool, what] of [
  ["OpenTelemetry instrumentation", "@opentelemetry/instrumentation-socket.io", "spans"],
  ["socket.io-prometheus", "socket.io-prometheus", "metrics"],
  ["socket.io-prometheus-metrics", "socket.io-prometheus-metrics", "metrics"],
] as const) {
  tested(
    {
      area: "Tools",
      name,
      packages: [tool],
      remark: `Its ${what} of a conversation are equal to those with the reference server, line by line.`,
    },
    () => {
      it(`records the same ${what} as with the reference server`, async () => {
        const [ours, reference] = await Promise.all([recorded("ours", tool), recorded("reference", tool)]);
        expect(reference.length).to.be.greaterThan(10);
        expect(ours).to.eql(reference);
      });
    },
  );
}
