import { SharedWork, WAITERS_MAX } from "../../../../src/node/loop/shared_work.ts";
import { describe, expect, test } from "../../../support/harness.ts";

/** Work that ends when it is told to, or is called off. */
function bench() {
  const begun: { end: (value: number) => void; signal: AbortSignal }[] = [];
  const begin = (signal: AbortSignal): Promise<number> =>
    new Promise((resolve, reject) => {
      begun.push({ end: resolve, signal });
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  return { begun, begin };
}

describe("SharedWork", () => {
  test("many wait for one piece of work", async () => {
    const { begun, begin } = bench();
    const work = new SharedWork(4, "tasks");
    const shares = [1, 2, 3].map(() => work.join("a", begin));
    expect(begun.length).toBe(1);
    begun[0]?.end(7);
    expect(await Promise.all(shares.map(({ result }) => result))).toEqual([7, 7, 7]);
    expect(work.size).toBe(0);
    for (const share of shares) share.close();
    expect(begun[0]?.signal.aborted).toBe(false);
  });

  test("so many wait for one piece of work and no more", () => {
    const { begin } = bench();
    const work = new SharedWork(4, "tasks");
    const shares = Array.from({ length: WAITERS_MAX }, () => work.join("a", begin));
    expect(() => work.join("a", begin)).toThrow("1024 wait for the same one");
    work.join("b", begin).result.catch(() => {});
    shares[0]?.close();
    work.join("a", begin).result.catch(() => {});
    work.stop();
  });

  test("the last to leave calls it off; who comes then begins anew", async () => {
    const { begun, begin } = bench();
    const work = new SharedWork(4, "tasks");
    const one = work.join("a", begin), two = work.join("a", begin);
    one.close();
    one.close(); // twice is once
    expect(begun[0]?.signal.aborted).toBe(false);
    two.close();
    expect(begun[0]?.signal.aborted).toBe(true);
    const three = work.join("a", begin);
    await expect(one.result).rejects.toMatchObject({ code: "CANCELLED" });
    expect(work.size).toBe(1);
    begun[1]?.end(8);
    expect(await three.result).toBe(8);
  });

  test("the bound refuses new work and lets others join", () => {
    const { begun, begin } = bench();
    const work = new SharedWork(1, "tasks");
    const one = work.join("a", begin);
    expect(() => work.join("b", begin)).toThrow("more than 1 tasks at once");
    const two = work.join("a", begin);
    one.close();
    two.close();
    work.join("b", begin);
    expect(begun.length).toBe(2);
  });

  test("stopping calls all of it off, and nothing begins after", async () => {
    const { begin } = bench();
    const work = new SharedWork(4, "tasks");
    const shares = ["a", "b"].map((key) => work.join(key, begin));
    work.stop();
    for (const { result } of shares) {
      await expect(result).rejects.toMatchObject({ code: "DRAINING" });
    }
    expect(() => work.join("c", begin)).toThrow("stopping");
  });
});
