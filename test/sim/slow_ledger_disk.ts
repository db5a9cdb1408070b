import { type Random, randomBelow, SkerryError } from "../../src/lib/mod.ts";
import type { LedgerFile, LedgerRow } from "../../src/ports/mod.ts";
import type { MemoryLedgerFile } from "./memory_ledger_file.ts";
import type { NodeClock } from "./node_clock.ts";

const DISK_MS = 60;
/** What a lying disk says it has is there so much later. */
const LIE_MS = 20_000;
/** One write in so many fails where disks do. */
const WRITES_PER_FAILURE = 200;

/** One that holds what it says it has; one that now and then says that it has not; one that says so
 * long before it is true. */
export type DiskKind = "holds" | "fails" | "lies";

/** A disk that takes its time, may fail, and dies with the machine before or after a write.
 * @param act does what others, or the next run, can see, as long as the machine lives. */
export function slowLedgerDisk(
  disk: MemoryLedgerFile,
  { kind, clock, random, act }: {
    readonly kind: DiskKind;
    readonly clock: NodeClock;
    readonly random: Random;
    readonly act: (effect: () => void) => void;
  },
): LedgerFile {
  const save = (rows: readonly LedgerRow[], forgotten: readonly Uint8Array[]): Promise<void> =>
    new Promise((resolve, reject) => {
      clock.schedule(randomBelow(random, DISK_MS), () => {
        if (kind === "fails" && randomBelow(random, WRITES_PER_FAILURE) === 0) {
          reject(new SkerryError("DISK_FAILED", "the simulated disk has failed"));
          return;
        }
        const write = () => act(() => void disk.save(rows, forgotten));
        if (kind === "lies") clock.schedule(LIE_MS, write);
        else write();
        clock.schedule(randomBelow(random, 5), resolve);
      });
    });
  return { load: () => disk.load(), save, close: () => Promise.resolve() };
}
