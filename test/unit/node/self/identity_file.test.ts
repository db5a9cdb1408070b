import { evaluatePuzzle, leadingZeroBits, parseIdentity } from "../../../../src/identity/mod.ts";
import { fromUtf8, SeededRandom, SkerryError, toHex, utf8 } from "../../../../src/lib/mod.ts";
import {
  loadOrCreateIdentity,
  readIdentity,
  searchRank,
  type SearchReport,
} from "../../../../src/node/mod.ts";
import type { PrivateFiles, WorkPool } from "../../../../src/ports/mod.ts";
import { describe, expect, test } from "../../../support/harness.ts";

class MemoryFiles implements PrivateFiles {
  readonly files = new Map<string, Uint8Array>();
  readonly directories: string[] = [];
  writes = 0;
  failure: SkerryError | undefined;

  makeDirectory(path: string): Promise<void> {
    return Promise.resolve(void this.directories.push(path));
  }
  read(path: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.files.get(path));
  }
  async replace(path: string, bytes: Uint8Array): Promise<void> {
    await Promise.resolve();
    if (this.failure !== undefined) throw this.failure;
    this.files.set(path, new Uint8Array(bytes));
    this.writes++;
  }
  remove(path: string): Promise<void> {
    return Promise.resolve(void this.files.delete(path));
  }
  mode(): Promise<number | undefined> {
    return Promise.resolve(0o600);
  }
  keepPrivate(): Promise<boolean> {
    return Promise.resolve(false);
  }
}

/** The real puzzles on the calling thread, with a report after every `every` tries. */
function inlinePool(every = 16): WorkPool & { firstNonces: bigint[] } {
  return {
    firstNonces: [],
    async mine(job, onProgress, signal) {
      this.firstNonces.push(job.startNonce);
      let best: { nonce: bigint; bits: number } | undefined;
      for (let nonce = job.startNonce;; nonce++) {
        const bits = leadingZeroBits(evaluatePuzzle(job.puzzle, job.publicKey, nonce));
        if (best === undefined || bits > best.bits) best = { nonce, bits };
        const tries = Number(nonce - job.startNonce) + 1;
        const isFound = bits >= job.targetBits;
        if (isFound || tries % every === 0) {
          onProgress({ tries, triesPerSecond: 10, nextNonce: nonce + 1n, best });
          await Promise.resolve();
        }
        if (isFound) return { nonce, bits };
        if (signal?.aborted === true) throw new SkerryError("CANCELLED", "called off");
      }
    },
    evaluate: (puzzle, key, nonce) => Promise.resolve(evaluatePuzzle(puzzle, key, nonce)),
    close: () => Promise.resolve(),
  };
}

const doorsOf = (files: PrivateFiles, workPool: WorkPool = inlinePool()) => ({
  files,
  workPool,
  random: new SeededRandom(7),
});
const codeOf = (deed: Promise<unknown>): Promise<[string, string]> =>
  deed.then(
    () => ["", ""] as [string, string],
    (error: unknown) =>
      error instanceof SkerryError ? [error.code, error.message] : ["not a SkerryError", ""],
  );
const textOf = (files: MemoryFiles): string =>
  fromUtf8(files.files.get("/d/identity.json") ?? new Uint8Array()) ?? "";

describe("loadOrCreateIdentity()", () => {
  test("creates once, then loads the same node", async () => {
    const files = new MemoryFiles();
    const first = await loadOrCreateIdentity("/d", "dev", doorsOf(files));
    expect(files.directories).toEqual(["/d"]);
    const text = textOf(files);
    const again = await loadOrCreateIdentity("/d", "dev", doorsOf(files));
    expect(toHex(again.nodeId)).toBe(toHex(first.nodeId));
    expect(toHex(again.keyPair.publicKey)).toBe(toHex(first.keyPair.publicKey));
    expect(textOf(files)).toBe(text);
    expect(again.work).toEqual({ idNonce: 0n, rankNonce: 0n, rank: 0 });
    files.files.clear();
    const random = new SeededRandom(8);
    const other = await loadOrCreateIdentity("/d", "dev", { ...doorsOf(files), random });
    expect(toHex(other.nodeId)).not.toBe(toHex(first.nodeId));
  });

  test("without a wish takes the directory's network, main for a new one", async () => {
    const files = new MemoryFiles();
    await loadOrCreateIdentity("/d", "dev", doorsOf(files));
    const loaded = await loadOrCreateIdentity("/d", undefined, doorsOf(files));
    expect(loaded.network.name).toBe("dev");
    const fresh = new MemoryFiles();
    const never = AbortSignal.abort();
    const stopped = loadOrCreateIdentity("/d", undefined, doorsOf(fresh, inlinePool(1)), {
      signal: never,
    });
    expect((await codeOf(stopped))[0]).toBe("CANCELLED");
    expect((await readIdentity("/d", fresh))?.network).toBe("main");
  });

  test("refuses a directory of another network and leaves it as it is", async () => {
    const files = new MemoryFiles();
    await loadOrCreateIdentity("/d", "dev", doorsOf(files));
    const before = textOf(files);
    const [code, message] = await codeOf(loadOrCreateIdentity("/d", "main", doorsOf(files)));
    expect(code).toBe("NETWORK_MISMATCH");
    expect(message).toContain("/d belongs to network dev, not main");
    expect(textOf(files)).toBe(before);
  });

  test("a damaged file is named, explained and left untouched", async () => {
    const files = new MemoryFiles();
    await loadOrCreateIdentity("/d", "dev", doorsOf(files));
    const good = textOf(files);
    const noWork = good.replace(/"rank": 0/, '"rank": 40');
    const damages: [string | Uint8Array, string][] = [
      ["", "is empty"],
      [good.slice(0, 40), "cut short"],
      [Uint8Array.of(0xff, 0xfe), "not UTF-8"],
      [good.replace("dev", "moon"), "no known network"],
      [noWork, "do not solve the puzzles"],
    ];
    for (const [content, part] of damages) {
      const bytes = typeof content === "string" ? utf8(content) : content;
      files.files.set("/d/identity.json", bytes);
      const [code, message] = await codeOf(loadOrCreateIdentity("/d", "dev", doorsOf(files)));
      expect(code).toBe("IDENTITY_DAMAGED");
      expect(message).toContain("/d/identity.json");
      expect(message).toContain(part);
      expect(files.files.get("/d/identity.json")).toBe(bytes);
    }
  });

  test("a search called off goes on with the same key where it stopped", async () => {
    const files = new MemoryFiles();
    const random = new SeededRandom(9);
    const stop = new AbortController();
    const cut = inlinePool(4);
    const stopped = loadOrCreateIdentity("/d", "main", { files, random, workPool: cut }, {
      onReport: () => stop.abort(),
      signal: stop.signal,
    });
    expect((await codeOf(stopped))[0]).toBe("CANCELLED");
    const saved = await readIdentity("/d", files);
    expect(saved?.idNonce).toBeUndefined();
    expect(saved?.search.id).toEqual({ nextNonce: 4n, tries: 4 });
    const again = inlinePool(4);
    const second = new AbortController();
    await codeOf(loadOrCreateIdentity("/d", "main", doorsOf(files, again), {
      onReport: () => second.abort(),
      signal: second.signal,
    }));
    expect(again.firstNonces).toEqual([4n]);
    const after = await readIdentity("/d", files);
    expect(after?.search.id).toEqual({ nextNonce: 8n, tries: 8 });
    expect(toHex(after?.seed ?? new Uint8Array())).toBe(toHex(saved?.seed ?? new Uint8Array(1)));
  });

  test("a disk that fails ends the search and is what the caller hears of", async () => {
    const files = new MemoryFiles();
    const watch = {
      onReport: () => files.failure = new SkerryError("STORE_FULL", "the disk is full"),
    };
    const broken = loadOrCreateIdentity("/d", "main", doorsOf(files, inlinePool(2)), watch);
    expect((await codeOf(broken))[0]).toBe("STORE_FULL");
  });
});

describe("searchRank()", () => {
  test("finds, keeps and reports the best rank; a rank that is there costs nothing", async () => {
    const files = new MemoryFiles();
    const reports: SearchReport[] = [];
    const found = await searchRank("/d", "dev", 7, doorsOf(files), {
      onReport: (report) => reports.push(report),
    });
    expect(found.work.rank).toBeGreaterThanOrEqual(7);
    const output = evaluatePuzzle("test_rank", found.keyPair.publicKey, found.work.rankNonce);
    expect(leadingZeroBits(output)).toBe(found.work.rank);
    expect(reports.at(-1)?.rank).toBe(found.work.rank);
    expect(reports.at(-1)?.puzzle).toBe("rank");
    const pool = inlinePool();
    const again = await searchRank("/d", "dev", 5, doorsOf(files, pool));
    expect(again.work).toEqual(found.work);
    expect(pool.firstNonces).toEqual([]);
    const loaded = await loadOrCreateIdentity("/d", "dev", doorsOf(files));
    expect(loaded.work).toEqual(found.work);
  });

  test("what a search called off found is kept, and effort adds up", async () => {
    const files = new MemoryFiles();
    let rank = 0;
    for (let round = 1; round <= 5; round++) {
      const stop = new AbortController();
      const cut = searchRank("/d", "dev", 60, doorsOf(files, inlinePool(32)), {
        onReport: ({ puzzle }) => puzzle === "rank" && stop.abort(),
        signal: stop.signal,
      });
      expect((await codeOf(cut))[0]).toBe("CANCELLED");
      const saved = await readIdentity("/d", files);
      expect(saved?.search.rank).toEqual({ nextNonce: BigInt(32 * round), tries: 32 * round });
      expect(saved?.rank ?? -1).toBeGreaterThanOrEqual(rank);
      rank = saved?.rank ?? -1;
    }
    expect(rank).toBeGreaterThan(2);
    const text = textOf(files);
    expect("fault" in parseIdentity(text)).toBe(false);
  });

  test("a rank nobody can have is a wrong argument", async () => {
    for (const rank of [0, 64, 1.5]) {
      const wrong = searchRank("/d", "dev", rank, doorsOf(new MemoryFiles()));
      expect(await wrong.catch((error: unknown) => error)).toBeInstanceOf(RangeError);
    }
  });
});
