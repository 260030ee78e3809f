/** All rows of the comparison, in order. */
import type { Row } from "./row";
import { connectionRows } from "./rows-connections";
import { floodRows } from "./rows-floods";
import { namespaceRows } from "./rows-namespaces";
import { packetRows } from "./rows-packets";

/** Rows with a letter were the subject of security advisories for servers of this kind or for their dependencies. */
const rank = ({ id }: Row) => (id.startsWith("A") ? 100 : 0) + Number(id.replace("A", ""));

export const rows: Row[] = [...packetRows, ...namespaceRows, ...connectionRows, ...floodRows].sort(
  (one, other) => rank(one) - rank(other),
);

/** The rows with these ids: "3,6". */
export function chosen(ids: string | undefined): Row[] {
  if (ids === undefined) {
    return rows;
  }
  return ids.split(",").map((id) => {
    const row = rows.find((one) => one.id === id.trim());
    if (!row) {
      throw new Error(`There is no row ${id}; there are ${rows.map((one) => one.id).join(", ")}`);
    }
    return row;
  });
}
