/** The store worker's door on Bun: an entry point of its own, started by main_bun.ts (workers.ts).
 * `bun build --compile` takes it as a second entry point and puts it beside the first. */
import { punchHolesOnBun } from "./runtime/bun/punch_holes.ts";
import { openBunSqlite } from "./runtime/bun/sqlite.ts";
import { serveStoreWorker, type WorkerScope } from "./runtime/shared/store_worker_server.ts";
import { workerTables } from "./store/mod.ts";

serveStoreWorker(self as unknown as WorkerScope, {
  ...workerTables(openBunSqlite),
  punchHoles: punchHolesOnBun,
});
