import { openBunSqlite } from "../../../src/runtime/bun/sqlite.ts";
import { readCachedOnBun } from "../../../src/runtime/bun/read_cached.ts";
import { workerUrl } from "../../../src/workers.ts";
import { blobFilesConformance } from "../../conformance/blob_files.ts";

blobFilesConformance("Bun", {
  startWorker: () => new Worker(workerUrl("storeOnBun"), { type: "module" }),
  openSqlite: openBunSqlite,
  readCached: readCachedOnBun,
});
