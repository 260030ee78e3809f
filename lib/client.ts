/** The address under which tools and types of others find `client`. */
export * from "./client/client";
