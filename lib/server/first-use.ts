/** The parts that are loaded with the first server: connections, with engine.io and ws, and the end of a server. */
export { Attachments } from "../attach/attachments";
export { clientFileHandler, interceptRequests, sendClientFile } from "../attach/client-files";
export { httpServerFor } from "../attach/http";
export { Client } from "../client/client";
export { isFast } from "../connection/make-engine";
export { CloseDeadline } from "../connection/remains";
export { ConnectionGuard } from "../guards/connection-guard";
export { Shutdown } from "./shutdown";
