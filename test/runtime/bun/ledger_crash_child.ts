/** Saves an account and its receipt as fast as it can and says which are kept, until it is killed.
 * Arguments: path of the ledger, number to begin with. */
import { writeSync } from "node:fs";
import { LEDGER_COUNTS, type LedgerCount } from "../../../src/ports/mod.ts";
import { openLedgerFileWith } from "../../../src/runtime/shared/ledger_file.ts";
import { workerUrl } from "../../../src/workers.ts";

const [path = "", start = "0"] = process.argv.slice(2);
const open = openLedgerFileWith(() => new Worker(workerUrl("storeOnBun"), { type: "module" }));
const file = open({
  path,
  networkId: new Uint8Array(4),
  publicKey: new Uint8Array(32).fill(1),
  nowMs: 1,
});

for (let seq = BigInt(start);; seq++) {
  const counts = LEDGER_COUNTS.map((name) => [name, seq * 1_000n] as const);
  await file.save([{
    publicKey: new Uint8Array(32).fill(2),
    epoch: 1,
    usedMs: 1,
    faultsMs: [],
    counts: Object.fromEntries(counts) as Record<LedgerCount, bigint>,
    isOursHeld: false,
    ours: undefined,
    theirs: [{ epoch: 1, seq, bytes: new Uint8Array(169).fill(Number(seq & 0xffn)) }],
    ourNote: undefined,
    theirNotes: [],
    invoices: [],
  }], []);
  writeSync(1, `kept ${seq}\n`);
}
