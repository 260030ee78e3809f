/** The entry point socket.io/testing: a server and its clients in one process, for tests of applications. */
export type { TestClock, TestClockOptions } from "./clock";
export { installClock } from "./clock";
export { settled } from "./network";
export type { TestClientOptions, TestRequestOptions, TestResponse, TestServer } from "./server";
export { createTestServer } from "./server";
export type { EventSource, WaitOptions } from "./wait-for";
export { waitFor } from "./wait-for";
