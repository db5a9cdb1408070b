import { openLedgerFileWith } from "../../../src/runtime/shared/ledger_file.ts";
import { workerUrl } from "../../../src/workers.ts";
import { ledgerFileConformance } from "../../conformance/ledger_file.ts";

ledgerFileConformance(
  "Bun",
  openLedgerFileWith(() => new Worker(workerUrl("storeOnBun"), { type: "module" })),
);
