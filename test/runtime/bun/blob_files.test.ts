import { openBunSqlite } from "../../../src/runtime/bun/sqlite.ts";
import { blobFilesConformance } from "../../conformance/blob_files.ts";

const worker = new URL("../../../src/main_bun_store_worker.ts", import.meta.url).href;

blobFilesConformance("Bun", {
  startWorker: () => new Worker(worker, { type: "module" }),
  openSqlite: openBunSqlite,
});
