/** Re-exports the class of clients under the path that types of other packages import. */
export { Client } from "./client/client";
