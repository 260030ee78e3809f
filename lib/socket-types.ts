/** The address under which tools and types of others find `socket-types`. */
export * from "./socket/types";
