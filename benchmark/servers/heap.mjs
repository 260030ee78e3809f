/** Counts the objects on the heap, by kind. */
import { getHeapSnapshot } from "node:v8";

/** An object that belongs to a single other object is counted as a part of it. */
const parts = new Set([
  "array",
  "hidden",
  "string",
  "number",
  "concatenated string",
  "sliced string",
  "object shape",
  "code",
]);

/** Names that do not describe an object: the name of its owner is used. */
const plain = new Set(["Object", "Array", "Map", "Set"]);

/** @returns {Promise<Record<string, number>>} bytes */
export async function heapByKind() {
  let text = "";
  for await (const chunk of getHeapSnapshot().setEncoding("utf8")) {
    text += chunk;
  }
  const { snapshot, nodes, edges, strings } = JSON.parse(text);
  const { node_fields: fields, node_types, edge_fields: edgeFields, edge_types } = snapshot.meta;
  const at = (field) => fields.indexOf(field);
  const [type, nameAt, size, edgeCount] = ["type", "name", "self_size", "edge_count"].map(at);
  const width = fields.length;
  const total = nodes.length / width;
  const owner = new Int32Array(total).fill(-1);
  const via = new Array(total);
  for (let node = 0, edge = 0; node < total; node++) {
    for (let left = nodes[node * width + edgeCount]; left > 0; left--, edge += edgeFields.length) {
      const kind = edge_types[0][edges[edge]];
      if (kind === "weak" || kind === "shortcut") {
        continue;
      }
      const target = edges[edge + 2] / width;
      owner[target] = owner[target] === -1 || owner[target] === node ? node : -2;
      const named = kind !== "element" && kind !== "hidden" && Number.isNaN(Number(strings[edges[edge + 1]]));
      via[target] = named ? strings[edges[edge + 1]] : "[]";
    }
  }
  const typeOf = (node) => node_types[0][nodes[node * width + type]];
  const label = (node, depth = 0) => {
    const kind = typeOf(node);
    const name = strings[nodes[node * width + nameAt]];
    const isPart = parts.has(kind);
    if (depth < 4 && (isPart || plain.has(name) || kind === "closure")) {
      const whose = owner[node];
      if (whose >= 0 && typeOf(whose) !== "synthetic") {
        return `${label(whose, depth + 1)} › ${via[node]}`;
      }
      if (isPart) {
        return `(shared ${kind})`;
      }
    }
    return kind === "closure"
      ? `function ${name || "()"}`
      : kind === "object" || kind === "native"
        ? name.slice(0, 60)
        : `(${kind})`;
  };
  const kinds = {};
  for (let node = 0; node < total; node++) {
    // synthetic nodes of the snapshot are not on the heap
    if (typeOf(node) !== "synthetic") {
      const kind = label(node);
      kinds[kind] = (kinds[kind] ?? 0) + nodes[node * width + size];
    }
  }
  return kinds;
}
