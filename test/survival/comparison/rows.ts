/** All rows of the comparison, in order. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Row } from "./row";
import { connectionRows } from "./rows-connections";
import { contentRows } from "./rows-contents";
import { failureRows } from "./rows-failures";
import { floodRows } from "./rows-floods";
import { namespaceRows } from "./rows-namespaces";
import { packetRows } from "./rows-packets";
import { readerRows } from "./rows-readers";
import { recoveryRows } from "./rows-recovery";

/** Nothing is done to the server. */
export const nothing: Row = {
  id: "0",
  what: "Nothing",
  async attack() {
    await sleep(2_000);
    return undefined;
  },
  outcome: () => "nothing",
};

/** Rows with a letter were the subject of security advisories for servers of this kind or for their dependencies. */
const rank = ({ id }: Row) => (id.startsWith("A") ? 100 : 0) + Number(id.replace("A", ""));

export const rows: Row[] = [
  ...packetRows,
  ...contentRows,
  ...namespaceRows,
  ...connectionRows,
  ...floodRows,
  ...readerRows,
  ...recoveryRows,
  ...failureRows,
].sort((one, other) => rank(one) - rank(other));

/** The rows with these ids: "3,6". */
export function chosen(ids: string | undefined): Row[] {
  if (ids === undefined) {
    return rows;
  }
  return ids.split(",").map((id) => {
    const row = [nothing, ...rows].find((one) => one.id === id.trim());
    if (!row) {
      throw new Error(`There is no row ${id}; there are ${rows.map((one) => one.id).join(", ")}`);
    }
    return row;
  });
}
