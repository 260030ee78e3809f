/** The functions that make and publish the messages of the diagnostics channels. */
export * from "./connecting";
export * from "./connections";
export { traceEvent, traceServerSideEvent } from "./listeners";
export * from "./requests";
export * from "./sending";
