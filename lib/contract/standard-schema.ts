/** The types of Standard Schema, version 1: what schemas of zod, valibot, arktype and others have in common. */

/**
 * A schema of a library that implements Standard Schema (https://standardschema.dev), such as zod 4 or valibot 1.
 *
 * @since 4.9.0
 */
export interface StandardSchemaV1<Input = unknown, Output = Input> {
  /** The properties of the schema. */
  readonly "~standard": StandardProps<Input, Output>;
}

/** The properties of a schema. */
export interface StandardProps<Input = unknown, Output = Input> {
  /** The version of the specification. */
  readonly version: 1;
  /** The name of the library. */
  readonly vendor: string;
  /** Checks a value. Returns the value that takes its place, or the issues. */
  readonly validate: (
    value: unknown,
    options?: { readonly libraryOptions?: Record<string, unknown> | undefined } | undefined,
  ) => StandardResult<Output> | Promise<StandardResult<Output>>;
  /** The types of the values that the schema accepts and returns; exists for the compiler only. */
  readonly types?: { readonly input: Input; readonly output: Output } | undefined;
}

/** The properties of a schema that implements Standard JSON Schema, too. */
export interface StandardJsonProps {
  readonly jsonSchema: {
    /** Returns the JSON Schema of the values that the schema accepts. */
    readonly input: (options: { readonly target: "draft-07" }) => object;
  };
}

/** The result of a check. */
export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

/** Describes why a value is wrong. */
export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/**
 * The type of the values that a schema accepts.
 *
 * @since 4.9.0
 */
export type InputOf<Schema> = Schema extends { readonly "~standard": { readonly types?: infer Types } }
  ? NonNullable<Types> extends { readonly input: infer Input }
    ? Input
    : unknown
  : unknown;

/**
 * The type of the values that a schema returns.
 *
 * @since 4.9.0
 */
export type OutputOf<Schema> = Schema extends { readonly "~standard": { readonly types?: infer Types } }
  ? NonNullable<Types> extends { readonly output: infer Output }
    ? Output
    : unknown
  : unknown;
