import { openLedgerFileWith } from "../../../src/runtime/shared/ledger_file.ts";
import { workerUrl } from "../../../src/workers.ts";
import { ledgerFileConformance } from "../../conformance/ledger_file.ts";

ledgerFileConformance(
  "Deno",
  openLedgerFileWith(() => new Worker(workerUrl("storeOnDeno"), { type: "module" })),
);
