/** The types of AsyncAPI documents, and of the options of `asyncapi()`. */
import type { StandardSchemaV1 } from "./standard-schema";

/**
 * A JSON Schema.
 *
 * @since 4.9.0
 */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/**
 * The member `info` of an AsyncAPI document.
 *
 * @since 4.9.0
 */
export interface AsyncApiInfo {
  /** The name of the application. */
  readonly title: string;
  /** The version of its API, not that of AsyncAPI. */
  readonly version: string;
  /** In Markdown. */
  readonly description?: string | undefined;
  /** A URL. */
  readonly termsOfService?: string | undefined;
  /** Who to ask about the API. */
  readonly contact?: { readonly name?: string; readonly url?: string; readonly email?: string } | undefined;
  /** The license of the API. */
  readonly license?: { readonly name: string; readonly url?: string } | undefined;
  /** Where more documentation is. */
  readonly externalDocs?: { readonly url: string; readonly description?: string } | undefined;
  /** Tags of the API. */
  readonly tags?: readonly { readonly name: string; readonly description?: string }[] | undefined;
}

/**
 * A member of `servers` of an AsyncAPI document.
 *
 * @since 4.9.0
 */
export interface AsyncApiServer {
  /** The name of the host, and the port if it is needed. */
  readonly host: string;
  /** The protocol, such as `"socket.io"`. */
  readonly protocol: string;
  /** The version of the protocol, such as `"5"`. */
  readonly protocolVersion?: string;
  /** The path, which is `"/socket.io/"` by default on the server. */
  readonly pathname?: string;
  readonly [member: string]: unknown;
}

/**
 * The options of `asyncapi()`.
 *
 * @since 4.9.0
 */
export interface AsyncApiOptions {
  /** The servers on which the application runs, by name. */
  readonly servers?: Readonly<Record<string, AsyncApiServer>> | undefined;
  /**
   * What happens if neither the schema nor `toJsonSchema` gives a JSON Schema:
   *
   * - `"throw"`: `asyncapi()` throws `NO_JSON_SCHEMA`
   * - `"any"`: the document accepts any value there
   *
   * @default "throw"
   */
  readonly onMissing?: "throw" | "any" | undefined;
  /**
   * Returns the JSON Schema (draft 07) of the values that a schema accepts, or `undefined` to ask the schema itself. `place`
   * is where the schema is, such as `clientToServer.message.args[0]`.
   *
   * @default asks the schema, which has to implement Standard JSON Schema
   * @example
   * import { toJsonSchema } from "@valibot/to-json-schema";
   *
   * asyncapi(chat, info, { toJsonSchema: (schema) => toJsonSchema(schema, { typeMode: "input" }) });
   */
  readonly toJsonSchema?: ((schema: StandardSchemaV1, place: string) => object | undefined) | undefined;
}

/**
 * Refers to another part of the document.
 *
 * @since 4.9.0
 */
export interface AsyncApiReference {
  /** The place in the document, such as `#/channels/root`. */
  readonly $ref: string;
}

/**
 * An event, an acknowledgement or the auth data.
 *
 * @since 4.9.0
 */
export interface AsyncApiMessage {
  /** The name of the event. */
  readonly name: string;
  /** What the message is, for people. */
  readonly title: string;
  /** Details, in Markdown. */
  readonly description?: string;
  /** The JSON Schema of the values. */
  readonly payload: JsonSchema;
}

/**
 * A namespace.
 *
 * @since 4.9.0
 */
export interface AsyncApiChannel {
  /** The name of the namespace. */
  readonly address: string;
  /** What the channel is, in Markdown. */
  readonly description: string;
  /** The parameters of the address. */
  readonly parameters?: Readonly<Record<string, object>>;
  /** The messages of the namespace, by name. */
  readonly messages: Readonly<Record<string, AsyncApiMessage>>;
}

/**
 * An event in one direction, with its acknowledgement, as the server sees it.
 *
 * @since 4.9.0
 */
export interface AsyncApiOperation {
  /** Whether the server receives the event or sends it. */
  readonly action: "receive" | "send";
  /** The namespace. */
  readonly channel: AsyncApiReference;
  /** What the operation is, for people. */
  readonly title: string;
  /** The event. */
  readonly messages: readonly AsyncApiReference[];
  /** The acknowledgement, if the event has one. */
  readonly reply?: { readonly channel: AsyncApiReference; readonly messages: readonly AsyncApiReference[] };
}

/**
 * An AsyncAPI 3.0 document, which `JSON.stringify()` writes.
 *
 * @since 4.9.0
 */
export interface AsyncApiDocument {
  /** The version of AsyncAPI. */
  readonly asyncapi: "3.0.0";
  /** The application, as it was given. */
  readonly info: AsyncApiInfo;
  /** The servers, as they were given. */
  readonly servers?: Readonly<Record<string, AsyncApiServer>>;
  /** How messages are encoded. */
  readonly defaultContentType: "application/json";
  /** The namespaces, by name. */
  readonly channels: Readonly<Record<string, AsyncApiChannel>>;
  /** The events in each direction, by name. */
  readonly operations: Readonly<Record<string, AsyncApiOperation>>;
  /** The schemas that have names, or that refer to themselves. */
  readonly components: { readonly schemas: Readonly<Record<string, JsonSchema | boolean>> };
}
