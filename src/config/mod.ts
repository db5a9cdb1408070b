/** Settings: one schema, read from flags, environment variables and a TOML file, in that order of
 * strength. Parsed once at the roof; the result is frozen and knows where each value came from.
 * Nothing is read here: texts come in, values or sentences about what is wrong go out. */
export * from "./cidr.ts";
export * from "./config.ts";
export * from "./listen_address.ts";
export * from "./misspelled_variables.ts";
export * from "./nearest.ts";
export * from "./parse.ts";
export * from "./pay_rate.ts";
export * from "./rate.ts";
export * from "./schema.ts";
export * from "./settings_table.ts";
export * from "./show_config.ts";
export * from "./size.ts";
