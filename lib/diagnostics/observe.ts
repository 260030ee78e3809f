/** Loads what makes and publishes messages, when a channel has its first subscriber. */

let loaded: typeof import("./observed") | undefined;

/** Returns the functions that publish messages. Call it only if a channel is active. */
export function observed(): typeof import("./observed") {
  loaded ??= require("./observed") as typeof import("./observed");
  return loaded;
}
