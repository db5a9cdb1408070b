import { workerUrl } from "../../../src/workers.ts";
import { ledgerFileConformance } from "../../conformance/ledger_file.ts";

ledgerFileConformance(
  "Bun",
  () => new Worker(workerUrl("storeOnBun"), { type: "module" }),
);
