import { openDenoSqlite } from "../../../src/runtime/deno/sqlite.ts";
import { workerUrl } from "../../../src/workers.ts";
import { blobFilesConformance } from "../../conformance/blob_files.ts";

blobFilesConformance("Deno", {
  startWorker: () => new Worker(workerUrl("storeOnDeno"), { type: "module" }),
  openSqlite: openDenoSqlite,
});
