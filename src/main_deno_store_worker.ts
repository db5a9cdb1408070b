/** The store worker's door on Deno: an entry point of its own, started by main_deno.ts
 * (workers.ts). */
import { punchHolesOnDeno } from "./runtime/deno/punch_holes.ts";
import { openDenoSqlite } from "./runtime/deno/sqlite.ts";
import { serveStoreWorker, type WorkerScope } from "./runtime/shared/store_worker_server.ts";
import { workerTables } from "./store/mod.ts";

serveStoreWorker(self as unknown as WorkerScope, {
  ...workerTables(openDenoSqlite),
  punchHoles: punchHolesOnDeno,
});
