/** The address under which tools and types of others find `namespace`. */
export * from "./server/namespace";
