import { openDenoSqlite } from "../../../src/runtime/deno/sqlite.ts";
import { blobFilesConformance } from "../../conformance/blob_files.ts";

const worker = new URL("../../../src/main_deno_store_worker.ts", import.meta.url).href;

blobFilesConformance("Deno", {
  startWorker: () => new Worker(worker, { type: "module" }),
  openSqlite: openDenoSqlite,
});
