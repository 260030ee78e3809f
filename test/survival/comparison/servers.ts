/** The servers that are compared: their names, and their options for a row. */
import type { ServerOptions } from "../../../lib";
import type { Row } from "./row";

/** The reference, this library with its default options, and with the preset for a public server. */
export const kinds = ["reference", "default", "public"] as const;

export type Kind = (typeof kinds)[number];

/** The name of a server in the table. */
export function nameOf(kind: Kind, { extra }: Pick<Row, "extra">): string {
  switch (kind) {
    case "reference":
      return "reference";
    case "default":
      return "this library";
    case "public":
      return extra ? `"public", ${extra.text}` : '"public"';
  }
}

/** The options of a server. The attackers have an address of their own, which a proxy reports. */
export function optionsOf(kind: Kind, { options, extra }: Row): Partial<ServerOptions> {
  const common = { serveClient: false, trustProxy: 1, ...options };
  return kind === "public"
    ? { ...common, ...extra?.options, limits: { preset: "public", ...extra?.options.limits } }
    : common;
}
