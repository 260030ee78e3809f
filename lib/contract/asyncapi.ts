/** The entry point socket.io/contract/asyncapi: describes contracts as an AsyncAPI 3.0 document. */
import type {
  AsyncApiChannel,
  AsyncApiDocument,
  AsyncApiInfo,
  AsyncApiMessage,
  AsyncApiOperation,
  AsyncApiOptions,
  AsyncApiReference,
  JsonSchema,
} from "./asyncapi-types";
import type { StandardJsonProps, StandardSchemaV1 } from "./standard-schema";
import type { AnyContract, EventDefinition, EventDefinitions } from "./types";

export type {
  AsyncApiChannel,
  AsyncApiDocument,
  AsyncApiInfo,
  AsyncApiMessage,
  AsyncApiOperation,
  AsyncApiOptions,
  AsyncApiReference,
  AsyncApiServer,
  JsonSchema,
} from "./asyncapi-types";

// those of contract.ts, which is not imported: pages and ES modules load this file by itself
const MARK = Symbol.for("socket.io.contract");

/**
 * Describes a contract as an AsyncAPI 3.0 document, from the point of view of the server: it receives the events of
 * `clientToServer`, and sends those of `serverToClient`. The payload of a message is the list of the arguments; its schemas
 * are of draft 07, and describe what is sent, before defaults and transforms apply.
 *
 * Each schema is called once with `undefined`, to learn whether the argument may be left out.
 *
 * @since 4.9.0
 * @param contracts a contract, for the main namespace; or several, by the names of their namespaces. A name may have
 * parameters, as in `"/room-{number}"`.
 * @param info the title and the version of the API, and more that the document states about it
 * @throws a `NO_JSON_SCHEMA` error if a schema gives no JSON Schema
 * @throws an `INVALID_CONTRACT` error if `contracts` is not made by `contract()`, and an `INVALID_OPTION` error if the title,
 * the version or `onMissing` is wrong
 * @example
 * import { asyncapi } from "socket.io/contract/asyncapi";
 *
 * const document = asyncapi({ "/": chat, "/admin": admin }, { title: "Chat", version: "1.0.0" });
 * writeFileSync("asyncapi.json", JSON.stringify(document, undefined, 2));
 */
export function asyncapi(
  contracts: AnyContract | Readonly<Record<string, AnyContract>>,
  info: AsyncApiInfo,
  options: AsyncApiOptions = {},
): AsyncApiDocument {
  const { servers, onMissing } = options;
  for (const name of ["title", "version"] as const) {
    const value: unknown = Object(info)[name];
    if (typeof value !== "string") {
      throw invalidOption(`info.${name}`, "a text", value);
    }
  }
  if (onMissing !== undefined && onMissing !== "throw" && onMissing !== "any") {
    throw invalidOption("onMissing", '"throw" or "any"', onMissing);
  }
  const channels = new Named<AsyncApiChannel>();
  const operations = new Named<AsyncApiOperation>();
  const components = new Components();
  for (const [name, contract] of namespacesOf(contracts)) {
    const key = channels.free(name === "/" ? "root" : name.slice(1));
    channels.set(key, new ChannelWriter(key, name, options, operations, components).channel(contract));
  }
  return {
    asyncapi: "3.0.0",
    info: { ...info },
    ...(servers && { servers }),
    defaultContentType: "application/json",
    channels: channels.toObject(),
    operations: operations.toObject(),
    components: { schemas: components.schemas.toObject() },
  };
}

function namespacesOf(given: AnyContract | Readonly<Record<string, AnyContract>>): [string, AnyContract][] {
  if (isContract(given)) {
    return [["/", given]];
  }
  return Object.entries<unknown>(given ?? { contracts: given }).map(([name, contract]) => {
    if (!isContract(contract)) {
      const problem = `${JSON.stringify(name)} must be a contract, made by contract()`;
      throw withCode("INVALID_CONTRACT", `Invalid contract: ${problem}`);
    }
    return [name.startsWith("/") ? name : `/${name}`, contract];
  });
}

function isContract(value: unknown): value is AnyContract {
  return Object(value)[MARK] === 1;
}

/** Values by names that can be parts of a reference without being escaped. */
class Named<Value> {
  private readonly values = new Map<string, Value | undefined>();

  /** Reserves a name like `wanted`, and returns it. */
  free(wanted: string): string {
    const name = wanted.replace(/[^\w.-]/g, "_") || "_";
    let key = name;
    for (let count = 2; this.values.has(key); count++) {
      key = `${name}_${count}`;
    }
    this.values.set(key, undefined);
    return key;
  }

  set(key: string, value: Value): void {
    this.values.set(key, value);
  }

  toObject(): Record<string, Value> {
    return Object.fromEntries(this.values) as Record<string, Value>;
  }
}

type Section = "clientToServer" | "serverToClient";

/** Describes the events of one namespace. */
class ChannelWriter {
  private readonly messages = new Named<AsyncApiMessage>();
  private readonly reference: AsyncApiReference;
  /** The errors that the server may answer with. */
  private errors: readonly AsyncApiReference[] = [];

  constructor(
    private readonly key: string,
    private readonly address: string,
    private readonly options: AsyncApiOptions,
    private readonly operations: Named<AsyncApiOperation>,
    private readonly components: Components,
  ) {
    this.reference = { $ref: `#/channels/${key}` };
  }

  channel({ definition }: AnyContract): AsyncApiChannel {
    const { address } = this;
    const { clientToServer = {}, serverToClient = {}, auth, errors = {}, answers } = definition;
    const isResult = answers === "result";
    if (auth) {
      this.auth(auth);
    }
    if (isResult) {
      this.errors = this.errorsOf(errors);
    }
    this.events("clientToServer", clientToServer, isResult);
    this.events("serverToClient", serverToClient, false);
    const parameters = [...address.matchAll(/\{([\w-]+)\}/g)].map(([, name]) => [name, {}]);
    return {
      address,
      description: `The namespace ${address}. The payload of a message is the list of the arguments.`,
      ...(parameters.length > 0 && { parameters: Object.fromEntries(parameters) }),
      messages: this.messages.toObject(),
    };
  }

  private auth(schema: StandardSchemaV1): void {
    const description = "The option `auth` of the client, which it sends when it joins the namespace.";
    const payload = (at: string) => this.schema(schema, "auth", at);
    const sent = this.message("auth", "auth", payload, description);
    const refused = this.message(
      "auth.refused",
      "connect_error",
      () => objectOf({ message: { type: "string" }, data: errorData("INVALID_AUTH", { issues: ISSUES }) }),
      "The client receives it only if its auth data do not follow the schema.",
    );
    this.operation("receive", "auth", "auth", sent, [refused]);
  }

  private errorsOf(declared: Readonly<Record<string, StandardSchemaV1>>): readonly AsyncApiReference[] {
    const own = Object.entries(declared).map(([code, schema]) =>
      this.error(code, (at) => {
        const data = this.schema(schema, `errors.${code}`, `${at}/properties/data`);
        return errorData(code, { data }, acceptsUndefined(schema) ? ["data"] : []);
      }),
    );
    return [
      ...own,
      this.error("INVALID_PAYLOAD", () => errorData("INVALID_PAYLOAD", { issues: ISSUES })),
      this.error("HANDLER_ERROR", () => errorData("HANDLER_ERROR", {})),
    ];
  }

  private error(code: string, payload: (at: string) => JsonSchema): AsyncApiReference {
    return this.message(`errors.${code}`, code, (at) =>
      tuple([objectOf({ error: payload(`${at}/items/0/properties/error`) })]),
    );
  }

  private events(section: Section, events: EventDefinitions, isResult: boolean): void {
    const action = section === "clientToServer" ? "receive" : "send";
    for (const [name, event] of Object.entries(events)) {
      const place = `${section}.${name}`;
      const message = this.message(place, name, (at) => this.args(event, place, at), event.description);
      const { ack } = event;
      const replies = ack && [
        this.message(`${place}.ack`, `${name}: acknowledgement`, (at) =>
          this.ack(ack, `${place}.ack`, at, isResult),
        ),
        ...(isResult ? this.errors : []),
      ];
      this.operation(action, place, name, message, replies);
    }
  }

  private args({ args = [] }: EventDefinition, place: string, at: string): JsonSchema {
    const schemas = [args].flat() as StandardSchemaV1[];
    const required = schemas.findLastIndex((schema) => !acceptsUndefined(schema)) + 1;
    const items = schemas.map((schema, index) =>
      this.schema(schema, `${place}.args[${index}]`, `${at}/items/${index}`),
    );
    return tuple(items, required);
  }

  private ack(schema: StandardSchemaV1, place: string, at: string, isResult: boolean): JsonSchema {
    const isOptional = acceptsUndefined(schema);
    if (!isResult) {
      return tuple([this.schema(schema, place, `${at}/items/0`)], isOptional ? 0 : 1);
    }
    const value = this.schema(schema, place, `${at}/items/0/properties/value`);
    return tuple([objectOf({ value }, isOptional ? ["value"] : [])]);
  }

  private message(
    wanted: string,
    name: string,
    payload: (at: string) => JsonSchema,
    description?: string,
  ): AsyncApiReference {
    const key = this.messages.free(wanted);
    const $ref = `${this.reference.$ref}/messages/${key}`;
    this.messages.set(key, {
      name,
      title: name,
      ...(description !== undefined && { description }),
      payload: payload(`${$ref}/payload`),
    });
    return { $ref };
  }

  private operation(
    action: "receive" | "send",
    wanted: string,
    title: string,
    message: AsyncApiReference,
    replies: readonly AsyncApiReference[] | undefined,
  ): void {
    const prefix = this.address === "/" ? "" : `${this.key}.`;
    this.operations.set(this.operations.free(prefix + wanted), {
      action,
      channel: this.reference,
      title,
      messages: [message],
      ...(replies && { reply: { channel: this.reference, messages: replies } }),
    });
  }

  /** Returns the JSON Schema of the values that a schema accepts. `at` is the reference to where it will be. */
  private schema(schema: StandardSchemaV1, place: string, at: string): JsonSchema {
    const { toJsonSchema, onMissing } = this.options;
    let cause: unknown;
    try {
      const found = toJsonSchema?.(schema, place) ?? standardJsonSchema(schema);
      if (found) {
        return this.components.moved(found, at);
      }
    } catch (error) {
      cause = error;
    }
    if (onMissing === "any") {
      return {};
    }
    const where = `${place} in the namespace ${this.address}`;
    const reason = cause instanceof Error ? cause.message : "it does not implement Standard JSON Schema";
    throw withCode("NO_JSON_SCHEMA", `The schema of ${where} gives no JSON Schema: ${reason}`, { cause });
  }
}

/** Asks a schema that implements Standard JSON Schema. */
function standardJsonSchema(schema: StandardSchemaV1): object | undefined {
  const { jsonSchema } = schema["~standard"] as Partial<StandardJsonProps>;
  return jsonSchema?.input({ target: "draft-07" });
}

/** Whether an argument may be left out, as far as the schema knows at once. */
function acceptsUndefined(schema: StandardSchemaV1): boolean {
  try {
    const result = schema["~standard"].validate(undefined);
    if ("then" in result) {
      result.then(undefined, () => {});
      return false;
    }
    return !result.issues;
  } catch {
    return false;
  }
}

/** The keywords whose members are schemas by name, and those whose values are data. */
const MAPS = ["properties", "patternProperties", "dependencies", "definitions", "$defs"];
const DATA = ["const", "enum", "default", "examples"];

/** A reference to a definition of the same JSON Schema. */
const DEFINITION = /^#\/(definitions|\$defs)\/([^/]+)/;

/** The definitions of all JSON Schemas, as the components of the document. */
class Components {
  readonly schemas = new Named<JsonSchema | boolean>();
  /** The names of the definitions, by their content. */
  private readonly names = new Map<string, string>();

  /** Copies a JSON Schema to the place `at`, and its definitions to the components. Equal definitions are copied once. */
  moved(schema: object, at: string): JsonSchema {
    const { $schema: _dialect, definitions, $defs, ...own } = JSON.parse(JSON.stringify(schema));
    const given: Definitions = { definitions, $defs };
    const used = usedDefinitions(given, own);
    const places = new Map([["#", at]]);
    const copied = [own];
    for (const [path, definition] of used) {
      const content = contentWith(used, path, at);
      let name = this.names.get(content);
      if (name === undefined) {
        name = this.schemas.free(definition.name);
        this.names.set(content, name);
        this.schemas.set(name, definition.schema);
        copied.push(definition.schema);
      }
      places.set(path, `#/components/schemas/${name}`);
    }
    for (const holder of copied.flatMap((one) => [...referencesIn(one)])) {
      const { path, rest } = targetOf(given, holder.$ref);
      holder.$ref = (places.get(path) ?? path) + rest;
    }
    return own;
  }
}

/** The definitions of a JSON Schema, by keyword and name. */
type Definitions = Readonly<Record<string, Readonly<Record<string, JsonSchema | boolean>> | undefined>>;

/** A definition of a JSON Schema. */
interface Definition {
  readonly name: string;
  readonly schema: JsonSchema | boolean;
  /** The definitions to which it refers; `"#"` for other parts of the JSON Schema. */
  readonly refersTo: string[];
}

/** Returns the definitions to which a JSON Schema refers, directly or not, by the references to them, not escaped. */
function usedDefinitions(given: Definitions, own: JsonSchema): ReadonlyMap<string, Definition> {
  const used = new Map<string, Definition>();
  const add = (part: JsonSchema | boolean, refersTo: string[] = []): void => {
    for (const { $ref } of referencesIn(part)) {
      const { path, name, schema } = targetOf(given, $ref);
      refersTo.push(path);
      if (name !== undefined && schema !== undefined && !used.has(path)) {
        const definition = { name, schema, refersTo: [] };
        used.set(path, definition);
        add(schema, definition.refersTo);
      }
    }
  };
  add(own);
  return used;
}

/** Returns a text that is the same for definitions that are equal, and refer to equal ones. */
function contentWith(used: ReadonlyMap<string, Definition>, path: string, at: string): string {
  const paths = new Set([path]);
  for (const one of paths) {
    for (const other of used.get(one)?.refersTo ?? []) {
      paths.add(other);
    }
  }
  // a reference to another part of the JSON Schema leads to another place in the document
  return JSON.stringify([...paths].map((one) => (one === "#" ? at : [one, used.get(one)?.schema])));
}

/** Returns where a reference leads: to a definition, to another part of the JSON Schema ("#"), or to another document. */
function targetOf(given: Definitions, $ref: string) {
  const [start = "", keyword = "", text = ""] = DEFINITION.exec($ref) ?? [];
  const named = given[keyword] ?? {};
  const name = [unescaped(text), unescaped(percentDecoded(text))].find((one) => Object.hasOwn(named, one));
  if (name !== undefined) {
    return { path: `#/${keyword}/${name}`, rest: $ref.slice(start.length), name, schema: named[name] };
  }
  return $ref.startsWith("#") ? { path: "#", rest: $ref.slice(1) } : { path: $ref, rest: "" };
}

/** Returns the name that a part of a JSON pointer stands for. */
function unescaped(text: string): string {
  return text.replaceAll("~1", "/").replaceAll("~0", "~");
}

/** Some libraries percent-encode references, and some do not. */
function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Finds the parts of a JSON Schema that have a reference. A map has schemas by name. */
function* referencesIn(part: unknown, isMap = false): Generator<{ $ref: string }> {
  if (typeof part !== "object" || part === null) {
    return;
  }
  if (!isMap && "$ref" in part && typeof part.$ref === "string") {
    yield part as { $ref: string };
  }
  for (const [key, member] of Object.entries(part)) {
    if (isMap || !DATA.includes(key)) {
      yield* referencesIn(member, !isMap && MAPS.includes(key));
    }
  }
}

/** The list of the arguments. Draft 07 allows no empty list of `items`. */
function tuple(items: readonly JsonSchema[], required = items.length): JsonSchema {
  const schemas = items.length > 0 ? { items, additionalItems: false, minItems: required } : {};
  return { type: "array", ...schemas, maxItems: items.length };
}

function objectOf(properties: Readonly<Record<string, JsonSchema>>, optional: string[] = []): JsonSchema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: "object", properties, ...(required.length > 0 && { required }) };
}

/** The value of `error` in an answer, or of `data` in a `connect_error`. */
function errorData(
  code: string,
  more: Readonly<Record<string, JsonSchema>>,
  optional?: string[],
): JsonSchema {
  return objectOf({ code: { const: code }, ...more }, optional);
}

/** The issues that the library reports. */
const ISSUES: JsonSchema = {
  type: "array",
  items: objectOf({
    path: { type: "array", items: { type: ["string", "number"] } },
    message: { type: "string" },
  }),
};

function invalidOption(name: string, expected: string, got: unknown): Error {
  return withCode("INVALID_OPTION", `"${name}" must be ${expected}, got ${JSON.stringify(got)}`);
}

/** Not made by errors.ts, which would load the server. */
function withCode(code: string, message: string, options?: ErrorOptions): Error {
  return Object.assign(new Error(message, options), { code });
}
