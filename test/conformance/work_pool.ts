import { scryptSync } from "node:crypto";
import { evaluatePuzzle, leadingZeroBits } from "../../src/identity/mod.ts";
import { SkerryError, toHex } from "../../src/lib/mod.ts";
import type { MiningJob, MiningProgress, WorkPool } from "../../src/ports/mod.ts";
import { afterAll, describe, expect, test } from "../support/harness.ts";

/** The law of ports/work_pool.ts. @param make a pool of so many threads. */
export function workPoolConformance(name: string, make: (threads: number) => WorkPool): void {
  const publicKey = new Uint8Array(32).fill(0x42);
  const job = (puzzle: MiningJob["puzzle"], targetBits: number, startNonce = 0n): MiningJob => ({
    puzzle,
    publicKey,
    startNonce,
    targetBits,
  });
  const search = async (pool: WorkPool, what: MiningJob, signal?: AbortSignal) => {
    const reports: MiningProgress[] = [];
    const solution = await pool.mine(what, (report) => reports.push(report), signal);
    return { solution, reports };
  };
  /** The first nonce that meets the target, found the dullest way. */
  const firstSolution = (puzzle: MiningJob["puzzle"], targetBits: number, from: bigint): bigint => {
    let nonce = from;
    while (leadingZeroBits(evaluatePuzzle(puzzle, publicKey, nonce)) < targetBits) nonce++;
    return nonce;
  };

  describe(`WorkPool law: ${name}`, () => {
    const pool = make(2);
    afterAll(() => pool.close());

    test("evaluate() gives the puzzle's output, many at once", async () => {
      const nonces = [0n, 1n, 2n, 258n, 2n ** 64n - 1n];
      const outputs = await Promise.all(nonces.map((n) => pool.evaluate("id", publicKey, n)));
      nonces.forEach((nonce, index) => {
        const oracle = toHex(evaluatePuzzle("id", publicKey, nonce));
        expect(toHex(outputs[index] ?? new Uint8Array())).toBe(oracle);
      });
      const password = new Uint8Array([...publicKey, 0, 0, 0, 0, 0, 0, 0, 7]);
      const options = { N: 8192, r: 8, p: 1, maxmem: 2 ** 25 };
      const rank = scryptSync(password, "sk1-rank", 32, options).toString("hex");
      expect(toHex(await pool.evaluate("rank", publicKey, 7n))).toBe(rank);
      const test = await pool.evaluate("test_id", publicKey, 7n);
      expect(toHex(test)).toBe(toHex(evaluatePuzzle("test_id", publicKey, 7n)));
    });

    test("a nonce that is no u64 rejects", async () => {
      for (const puzzle of ["id", "test_id"] as const) {
        const wrong = pool.evaluate(puzzle, publicKey, 2n ** 64n);
        expect(await wrong.catch((error: unknown) => error)).toBeInstanceOf(RangeError);
      }
    });

    test("mine() finds a solution that holds, and reports once at the end", async () => {
      for (const puzzle of ["id", "test_rank"] as const) {
        const { solution, reports } = await search(pool, job(puzzle, 6, 100n));
        const output = evaluatePuzzle(puzzle, publicKey, solution.nonce);
        expect(leadingZeroBits(output)).toBe(solution.bits);
        expect(solution.bits).toBeGreaterThanOrEqual(6);
        expect(solution.nonce).toBeGreaterThanOrEqual(100n);
        const last = reports.at(-1);
        expect(last?.best?.bits).toBeGreaterThanOrEqual(solution.bits);
        expect(last?.tries).toBeGreaterThan(0);
      }
    });

    test("nextNonce is honest: every nonce below it was tried", async () => {
      const bits = 15;
      const first = firstSolution("test_id", bits, 0n);
      const { solution, reports } = await search(pool, job("test_id", bits));
      for (const { nextNonce, tries } of reports) {
        if (nextNonce > first) expect(solution.nonce).toBeLessThanOrEqual(first);
        expect(BigInt(tries)).toBeGreaterThanOrEqual(nextNonce);
      }
      // A search resumed from there still finds what an uninterrupted one would have.
      const resumed = await search(pool, job("test_id", bits, reports.at(-1)?.nextNonce ?? 0n));
      expect(leadingZeroBits(evaluatePuzzle("test_id", publicKey, resumed.solution.nonce)))
        .toBeGreaterThanOrEqual(bits);
    });

    test("reports come about once a second and grow; aborting rejects with CANCELLED", async () => {
      const controller = new AbortController();
      const reports: MiningProgress[] = [];
      const started = performance.now();
      const running = pool.mine(job("rank", 60), (report) => {
        reports.push(report);
        if (reports.length === 2) controller.abort();
      }, controller.signal).catch((error: unknown) => error);
      const outcome = await running;
      expect(outcome).toBeInstanceOf(SkerryError);
      expect((outcome as SkerryError).code).toBe("CANCELLED");
      expect(reports.length).toBe(3); // two while it ran, one at the end
      expect(performance.now() - started).toBeGreaterThan(1900);
      const [first, second] = reports;
      expect(second?.tries ?? 0).toBeGreaterThan(first?.tries ?? 0);
      expect(second?.nextNonce ?? 0n).toBeGreaterThan(first?.nextNonce ?? 0n);
      expect(first?.best?.bits ?? -1).toBeGreaterThanOrEqual(0);
      const rate = (second?.tries ?? 0) / ((performance.now() - started) / 1000);
      expect(Math.abs((second?.triesPerSecond ?? 0) / rate - 1)).toBeLessThan(0.25);
      const early = search(pool, job("rank", 60), AbortSignal.abort());
      expect(((await early.catch((e: unknown) => e)) as SkerryError).code).toBe("CANCELLED");
    });

    test("a search for a share of the time leaves the rest to others", async () => {
      const part = make(1);
      await part.evaluate("rank", publicKey, 1n); // the thread is there
      /** Tries a millisecond, until the first report. */
      const paceOf = async (share: number): Promise<number> => {
        const controller = new AbortController();
        const start = performance.now();
        let pace = 0;
        await part.mine({ ...job("rank", 60), share }, ({ tries }) => {
          pace = tries / (performance.now() - start);
          controller.abort();
        }, controller.signal).catch(() => {});
        return pace;
      };
      const slow = await paceOf(0.1);
      expect(slow).toBeGreaterThan(0);
      expect(slow).toBeLessThan(await paceOf(1) / 2);
      await part.close();
    });

    test("two searches and an evaluation share the threads", async () => {
      const [a, b, output] = await Promise.all([
        search(pool, job("id", 5)),
        search(pool, job("id", 4, 1000n)),
        pool.evaluate("id", publicKey, 3n),
      ]);
      expect(a.solution.bits).toBeGreaterThanOrEqual(5);
      expect(b.solution.nonce).toBeGreaterThanOrEqual(1000n);
      expect(toHex(output)).toBe(toHex(evaluatePuzzle("id", publicKey, 3n)));
    });

    test("after close() work is refused and running work is called off", async () => {
      const own = make(1);
      const running = own.mine(job("rank", 60), () => {}).catch((error: unknown) => error);
      const asked = own.evaluate("rank", publicKey, 1n).catch((error: unknown) => error);
      await own.close();
      for (const outcome of [await running, await asked]) {
        expect((outcome as SkerryError).code).toBe("CANCELLED");
      }
      const late = own.evaluate("id", publicKey, 1n).catch((error: unknown) => error);
      expect(((await late) as SkerryError).code).toBe("CANCELLED");
    });
  });
}
