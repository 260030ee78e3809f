// Writes the contract as an AsyncAPI document, and as a page: node document.mjs [folder] [zod | valibot | arktype]
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { asyncapi } from "socket.io/contract/asyncapi";
import { pageOf } from "./document-page.mjs";

const [folder = ".", library = "zod"] = process.argv.slice(2);
/** @type {typeof import("./chat.zod.mjs")} */
const { chat } = await import(`./chat.${library}.mjs`);

/** The schemas of valibot need a package that describes them; those of zod and arktype describe themselves. */
async function describeValibot() {
  const { toJsonSchema } = await import("@valibot/to-json-schema");
  // trim() changes what the server receives, and does not restrict what clients send
  return (schema) => toJsonSchema(schema, { typeMode: "input", ignoreActions: ["trim"] });
}

const document = asyncapi(
  chat,
  { title: "Chat", version: "1.0.0", description: "A chat whose events are described once." },
  {
    servers: { local: { host: "localhost:3000", protocol: "socket.io", pathname: "/socket.io/" } },
    toJsonSchema: library === "valibot" ? await describeValibot() : undefined,
  },
);

await writeFile(join(folder, "asyncapi.json"), JSON.stringify(document, undefined, 2));
await writeFile(join(folder, "asyncapi.html"), pageOf(document));
