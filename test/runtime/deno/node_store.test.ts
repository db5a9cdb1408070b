import { openDenoSqlite } from "../../../src/runtime/deno/sqlite.ts";
import { workerUrl } from "../../../src/workers.ts";
import { nodeStoreConformance } from "../../conformance/node_store.ts";

nodeStoreConformance("Deno", {
  startWorker: () => new Worker(workerUrl("storeOnDeno"), { type: "module" }),
  openSqlite: openDenoSqlite,
});
