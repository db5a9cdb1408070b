import type { OpenSqlite } from "../../src/ports/mod.ts";

/** The SQLite of whichever runtime runs the tests. Named at run time: each type checker knows one
 * of the two modules only. */
const runtime = "Deno" in globalThis ? "deno" : "bun";
const adapter: Record<string, OpenSqlite> = await import(`../../src/runtime/${runtime}/sqlite.ts`);

export const openSqlite: OpenSqlite = (path) => {
  const open = adapter["openBunSqlite"] ?? adapter["openDenoSqlite"];
  if (open === undefined) throw new Error(`no SQLite adapter for ${runtime}`);
  return open(path);
};
