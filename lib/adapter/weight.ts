/** Estimates how much memory values of the application need in the heap of V8. */
import { textWeight } from "../parser/text-weight";

/** The memory for an array or object in addition to its members. */
const CONTAINER_WEIGHT = 56;

/** The memory for a member: its value or a reference, and a part of its key. */
const MEMBER_WEIGHT = 16;

/** Returns the memory for a value and all that it refers to. Ends as soon as the result is larger than `max`. */
export function valueWeight(value: unknown, max: number): number {
  const seen = new Set<unknown>();
  const open = [value];
  let weight = 0;
  while (open.length > 0 && weight <= max) {
    const next = open.pop();
    if (typeof next === "string") {
      weight += textWeight(next);
    } else if (typeof next === "object" && next !== null && !seen.has(next)) {
      seen.add(next);
      weight += CONTAINER_WEIGHT;
      if (next instanceof ArrayBuffer || ArrayBuffer.isView(next)) {
        weight += next.byteLength;
      } else {
        const members = membersOf(next);
        weight += members.length * MEMBER_WEIGHT;
        for (const member of members) {
          open.push(member);
        }
      }
    }
  }
  return weight;
}

function membersOf(container: object): readonly unknown[] {
  if (container instanceof Map) {
    return [...container.keys(), ...container.values()];
  }
  return container instanceof Set ? [...container] : Object.values(container);
}
