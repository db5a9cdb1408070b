/** The real SQLite of the runtime that the tests run on: deno.json maps this file to the one beside
 * it. */
export { openBunSqlite as openSqlite } from "../../src/runtime/bun/sqlite.ts";
