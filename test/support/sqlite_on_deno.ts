/** Stands in for sqlite.ts on Deno. */
export { openDenoSqlite as openSqlite } from "../../src/runtime/deno/sqlite.ts";
