/** The errors for invalid options. */
import { checkOptions } from "../../lib/options/server-options";

export function failureOf(options: Record<string, unknown>): Error & { code?: string } {
  try {
    checkOptions(options);
  } catch (error) {
    return error as Error;
  }
  throw new Error("the options were accepted");
}
