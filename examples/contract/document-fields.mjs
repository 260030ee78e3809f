// Describes a JSON Schema as a list of fields, for the page of document-page.mjs.

/**
 * One row of the table of fields. `type` is HTML.
 *
 * @typedef {{ name: string, depth: number, isRequired: boolean, type: string, notes: string[] }} Field
 */

/** @typedef {Readonly<Record<string, any>>} JsonSchema */

/**
 * The fields of a message: a list of values, each of which is named `what`, or an object.
 *
 * @param {JsonSchema} payload
 * @returns {Field[]}
 */
export function fieldsOf(payload, what = "argument") {
  if (payload.type !== "array") {
    return membersOf(payload, 0);
  }
  const { items = [], minItems = 0 } = payload;
  return items.flatMap((item, index) => {
    const name = items.length > 1 ? `${what} ${index + 1}` : what;
    return fieldAndMembers(item, name, index < minItems, 0);
  });
}

/** The field of a schema of `components`, and its members. */
export function schemaFields(name, schema) {
  return fieldAndMembers(schema, name, true, 0);
}

function fieldAndMembers(schema, name, isRequired, depth) {
  const field = { name, depth, isRequired, type: typeOf(schema), notes: notesOf(schema) };
  return [field, ...membersOf(schema, depth + 1)];
}

/** The members of an object, or of the objects in a list. */
function membersOf(schema, depth) {
  const { items, properties = {}, required = [] } = Object(schema);
  if (items && !Array.isArray(items)) {
    return membersOf(items, depth);
  }
  return Object.entries(properties).flatMap(([name, member]) =>
    fieldAndMembers(member, name, required.includes(name), depth),
  );
}

function typeOf(schema) {
  const { $ref, const: value, enum: values, anyOf, oneOf, allOf, type, items } = Object(schema);
  if ($ref !== undefined) {
    return linkTo($ref);
  }
  if (value !== undefined || values !== undefined) {
    const all = values ?? [value];
    return all.map((one) => `<code>${escaped(JSON.stringify(one))}</code>`).join(" or ");
  }
  if (anyOf || oneOf || allOf) {
    return (anyOf ?? oneOf ?? allOf).map(typeOf).join(allOf ? " and " : " or ");
  }
  if (type === "array") {
    return Array.isArray(items) ? `[${items.map(typeOf).join(", ")}]` : `list of ${typeOf(items ?? {})}`;
  }
  return escaped(schema === false ? "nothing" : [type ?? "any value"].flat().join(" or "));
}

/** Named schemas have a place on the page. Other references lead to a part of the same message, such as its first argument. */
function linkTo($ref) {
  const name = escaped($ref.split("/").at(-1));
  return $ref.startsWith("#/components/schemas/")
    ? `<a href="#schema-${name}">${name}</a>`
    : `<code>${escaped($ref.replace(/^.*\/payload\//, ""))}</code> of the JSON Schema`;
}

function notesOf(schema) {
  const { description, format, pattern, multipleOf, default: initial } = Object(schema);
  return [
    description,
    format && `format: ${format}`,
    range(schema.minLength, schema.maxLength, "character"),
    range(schema.minItems, schema.maxItems, "element"),
    range(schema.minimum, schema.maximum),
    schema.exclusiveMinimum !== undefined && `more than ${schema.exclusiveMinimum}`,
    schema.exclusiveMaximum !== undefined && `less than ${schema.exclusiveMaximum}`,
    multipleOf && `a multiple of ${multipleOf}`,
    pattern && `matches ${pattern}`,
    initial !== undefined && `default: ${JSON.stringify(initial)}`,
  ].filter((note) => typeof note === "string");
}

function range(min, max, unit = "") {
  if (min === undefined && max === undefined) {
    return undefined;
  }
  const text =
    max === undefined ? `at least ${min}` : min === undefined ? `at most ${max}` : `${min} to ${max}`;
  return unit ? `${text} ${unit}${(max ?? min) === 1 ? "" : "s"}` : text;
}

/** Replaces the characters that have a meaning in HTML. */
export function escaped(value) {
  return value
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
