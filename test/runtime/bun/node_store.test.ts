import { openBunSqlite } from "../../../src/runtime/bun/sqlite.ts";
import { workerUrl } from "../../../src/workers.ts";
import { nodeStoreConformance } from "../../conformance/node_store.ts";

nodeStoreConformance("Bun", {
  startWorker: () => new Worker(workerUrl("storeOnBun"), { type: "module" }),
  openSqlite: openBunSqlite,
});
