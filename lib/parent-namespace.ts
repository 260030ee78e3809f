/** The address under which tools and types of others find `parent-namespace`. */
export * from "./server/parent-namespace";
