import { mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SkerryError } from "../../src/lib/mod.ts";
import {
  LEDGER_COUNTS,
  LEDGER_EPOCHS_MAX,
  type LedgerCount,
  type LedgerFile,
  type LedgerInvoice,
  type LedgerRow,
} from "../../src/ports/mod.ts";
import { openLedgerFileWith } from "../../src/runtime/shared/ledger_file.ts";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "../support/harness.ts";

const peer = (number: number): Uint8Array => new Uint8Array(32).fill(number);
const receipt = (epoch: number, seq: bigint) => ({
  epoch,
  seq,
  bytes: new Uint8Array(169).fill(Number(seq % 251n)),
});

/** An invoice with something in every field, and sums up to the greatest there are. */
function invoice(number: number, isOurs: boolean): LedgerInvoice {
  return {
    id: new Uint8Array(16).fill(number),
    isOurs,
    state: isOurs ? "held" : "open",
    cb: 2n ** 64n - 1n,
    amount: 2n ** 63n,
    unit: "sat",
    method: "lightning",
    payTo: "lnbc… “ä”",
    reference: "r",
    proof: "",
    createdMs: number,
    expiresMs: 1_767_225_600_123,
    note: isOurs ? new Uint8Array(185).fill(number) : undefined,
  };
}

/** An account whose counts are all different, up to the greatest there is. */
function row(number: number, changes: Partial<LedgerRow> = {}): LedgerRow {
  const counts = LEDGER_COUNTS.map((name, i) => [name, 2n ** 63n - 1n - BigInt(i)] as const);
  return {
    publicKey: peer(number),
    epoch: 2 ** 32 - 1,
    usedMs: 1_767_225_600_123,
    faultsMs: [1_767_225_600_000, 1_767_225_600_001],
    counts: Object.fromEntries(counts) as Record<LedgerCount, bigint>,
    isOursHeld: true,
    ours: receipt(7, 2n ** 63n),
    theirs: [receipt(9, 2n), receipt(8, 2n ** 64n - 1n)],
    ourNote: receipt(7, 5n),
    theirNotes: [receipt(9, 6n), receipt(7, 7n)],
    invoices: [invoice(1, true), invoice(2, false)],
    ...changes,
  };
}

/** A thread of a file's, and whether it was ended. */
interface Started {
  readonly worker: Worker;
  isEnded: boolean;
}

/** The law of ports/ledger_file.ts, to be kept on every runtime. */
export function ledgerFileConformance(name: string, startWorker: () => Worker) {
  describe(`LedgerFile law: ${name}`, () => {
    let folder = "";
    let files = 0;
    const started: Started[] = [];
    const open = openLedgerFileWith(() => {
      const worker = startWorker();
      const one: Started = { worker, isEnded: false };
      const terminate = worker.terminate.bind(worker);
      worker.terminate = () => {
        one.isEnded = true;
        terminate();
      };
      started.push(one);
      return worker;
    });
    const opened: LedgerFile[] = [];
    beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "skerry-ledger-"))));
    afterEach(async () => {
      for (const file of opened.splice(0)) await file.close();
      started.length = 0;
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    const fresh = (): string => join(folder, `ledger-${++files}.db`);
    const openAt = (path: string, owner = 1, network = 1): LedgerFile => {
      const networkId = new Uint8Array(4).fill(network);
      const file = open({ path, networkId, publicKey: peer(owner), nowMs: 1 });
      opened.push(file);
      return file;
    };
    const refusal = async (deed: Promise<unknown>): Promise<string> =>
      await deed.then(() => "nothing was refused", (reason: SkerryError) => reason.code);

    test("no file is made before there is something to keep", async () => {
      const path = fresh();
      expect(await openAt(path).load()).toEqual([]);
      expect(await stat(path).catch(() => undefined)).toBeUndefined();
    });

    test("accounts come back as they were saved, by whoever opens the file next", async () => {
      const path = fresh();
      const first = openAt(path);
      const none = {
        ours: undefined,
        theirs: [],
        ourNote: undefined,
        theirNotes: [],
        invoices: [],
      };
      const plain = row(3, { faultsMs: [], isOursHeld: false, ...none });
      await first.save([row(2), plain], []);
      await first.close();
      expect(await openAt(path).load()).toEqual([row(2), plain]);
    });

    test("a later save replaces an account, and forgets it whole", async () => {
      const file = openAt(fresh());
      await file.save([row(2), row(3)], []);
      await file.save([row(2, { usedMs: 5 })], [peer(3), peer(99)]);
      expect(await file.load()).toEqual([row(2, { usedMs: 5 })]);
      const none = {
        ours: undefined,
        theirs: [],
        ourNote: undefined,
        theirNotes: [],
        invoices: [],
      };
      await file.save([row(3, none)], [peer(2)]);
      expect(await file.load()).toEqual([row(3, none)]);
    });

    test("a receipt gives way to a later one of its epoch only", async () => {
      const file = openAt(fresh());
      await file.save([row(2, { theirs: [receipt(8, 300n)] })], []);
      await file.save([row(2, { theirs: [receipt(8, 299n)] })], []);
      expect((await file.load())[0]?.theirs).toEqual([receipt(8, 300n)]);
      await file.save([row(2, { theirs: [receipt(8, 301n)] })], []);
      expect((await file.load())[0]?.theirs).toEqual([receipt(8, 301n)]);
    });

    test("invoices are replaced with their account: what it has dropped is gone", async () => {
      const file = openAt(fresh());
      const [first, second] = [invoice(1, true), invoice(1, false)];
      await file.save([row(2, { invoices: [first, second] }), row(3)], []);
      const later = row(2, { invoices: [{ ...second, state: "credited" }] });
      await file.save([later], []);
      expect(await file.load()).toEqual([later, row(3)]);
    });

    test("of many epochs the receipts of the last ones stay", async () => {
      const file = openAt(fresh());
      for (let epoch = 1; epoch <= LEDGER_EPOCHS_MAX + 3; epoch++) {
        await file.save([row(2, { theirs: [receipt(epoch, 1n)] })], []);
      }
      const epochs = (await file.load())[0]?.theirs.map(({ epoch }) => epoch);
      expect(epochs).toEqual([11, 10, 9, 8, 7, 6, 5, 4]);
    });

    test("accounts of a former key stay, and are not this one's", async () => {
      const path = fresh();
      const former = openAt(path, 1);
      await former.save([row(2)], []);
      await former.close();
      const present = openAt(path, 7);
      expect(await present.load()).toEqual([]);
      await present.save([row(3)], [peer(2)]);
      await present.close();
      expect(await openAt(path, 1).load()).toEqual([row(2)]);
    });

    test("a file of another network or of something else is refused and left alone", async () => {
      const path = fresh();
      const file = openAt(path);
      await file.save([row(2)], []);
      await file.close();
      expect(await refusal(openAt(path, 1, 2).load())).toBe("NETWORK_MISMATCH");
      expect(await openAt(path).load()).toEqual([row(2)]);
      const text = fresh();
      await writeFile(text, "accounts: none\n".repeat(100));
      expect(await refusal(openAt(text).load())).toBe("DATABASE_DAMAGED");
    });

    test("a file that cannot be looked at is none of a node without accounts", async () => {
      const path = fresh();
      await symlink(path, path);
      expect(await refusal(openAt(path).load())).toBe("DISK_FAILED");
    });

    test("of calls that find the thread dead one starts another, for all of them", async () => {
      const file = openAt(fresh());
      await file.save([row(2)], []);
      started[0]?.worker.onerror?.(new ErrorEvent("error", { message: "gone" }));
      await Promise.all([file.save([row(3)], []), file.save([row(4)], []), file.load()]);
      expect((await file.load()).length).toBe(3);
      await file.close();
      expect(started.map(({ isEnded }) => isEnded)).toEqual([true, true]);
    });

    test("saves that come together are all kept; after closing none is taken", async () => {
      const path = fresh();
      const file = openAt(path);
      await Promise.all(Array.from({ length: 20 }, (_, i) => file.save([row(i)], [])));
      await file.close();
      await file.close();
      expect(await refusal(file.save([row(2)], []))).toBe("DRAINING");
      expect((await openAt(path).load()).length).toBe(20);
    });
  });
}
