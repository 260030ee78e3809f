/** Contracts for tests, with a schema that answers when the test says so. */
import type { StandardSchemaV1 } from "../../lib/contract/contract";

/** An asynchronous schema for texts, whose checks end when the test ends them. */
export function heldSchema(): {
  schema: StandardSchemaV1<string, string>;
  /** The values whose check has begun and not ended. */
  held: string[];
  /** Ends the oldest check. The value is right unless it begins with "wrong". */
  end(): void;
} {
  const held: string[] = [];
  const ends: (() => void)[] = [];
  const validate = (value: unknown) =>
    new Promise<{ value: string } | { issues: { message: string }[] }>((resolve) => {
      const text = String(value);
      held.push(text);
      ends.push(() =>
        resolve(
          text.startsWith("wrong") ? { issues: [{ message: "wrong" }] } : { value: text.toUpperCase() },
        ),
      );
    });
  return {
    schema: { "~standard": { version: 1, vendor: "test", validate } },
    held,
    end() {
      held.shift();
      ends.shift()?.();
    },
  };
}

/** A schema that throws, or whose promise is rejected. */
export function failingSchema(how: "throws" | "rejects"): StandardSchemaV1 {
  const validate = (value: unknown) => {
    const error = new Error(`secret ${String(value)}`);
    if (how === "throws") {
      throw error;
    }
    return Promise.reject(error);
  };
  return { "~standard": { version: 1, vendor: "test", validate } };
}
