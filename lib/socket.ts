/** The address under which tools and types of others find `socket`. */
export * from "./socket/socket";
