/** All rows of the comparison, in their order. */
import type { Row } from "./row";
import { connectionRows } from "./rows-connections";
import { floodRows } from "./rows-floods";
import { namespaceRows } from "./rows-namespaces";
import { packetRows } from "./rows-packets";

/** Those with a letter were once advisories, of this kind of server or of what it is built on. */
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
