import { workerUrl } from "../../../src/workers.ts";
import { ledgerFileConformance } from "../../conformance/ledger_file.ts";

ledgerFileConformance(
  "Deno",
  () => new Worker(workerUrl("storeOnDeno"), { type: "module" }),
);
