import fc from "fast-check";
import { BufferPool } from "../../../src/lib/mod.ts";
import { describe, expect, test } from "../../support/harness.ts";

describe("BufferPool", () => {
  test("a buffer in use is never handed out twice, and no more than idleMax are kept", () => {
    const steps = fc.array(fc.oneof(fc.constant("take" as const), fc.nat()), { maxLength: 200 });
    fc.assert(fc.property(steps, fc.nat(4), (todo, idleMax) => {
      const pool = new BufferPool(8, idleMax);
      const held: Uint8Array[] = [];
      for (const [number, step] of todo.entries()) {
        if (step === "take") {
          const buffer = pool.take();
          expect(held.some((other) => other.buffer === buffer.buffer)).toBe(false);
          expect(buffer.length).toBe(8);
          held.push(buffer.fill(number));
        } else if (held.length > 0) {
          const [given] = held.splice(step % held.length, 1);
          pool.give(given ?? new Uint8Array());
        }
        expect(pool.takenCount).toBe(held.length);
        expect(pool.idleCount).toBeLessThanOrEqual(idleMax);
      }
    }));
  });

  test("what was given back is used again, by any view of it", () => {
    const pool = new BufferPool(8, 1);
    const first = pool.take();
    pool.give(first.subarray(2, 4));
    expect(pool.take().buffer).toBe(first.buffer);
  });

  test("the memory of one too many is freed as it is given back", () => {
    const pool = new BufferPool(8, 1);
    const [first, second] = [pool.take(), pool.take()];
    pool.give(first);
    pool.give(second);
    expect([first.length, second.length]).toEqual([8, 0]);
  });

  test("giving twice, or what another pool gave, is a broken promise", () => {
    const pool = new BufferPool(8, 4);
    const buffer = pool.take();
    pool.give(buffer);
    expect(() => pool.give(buffer)).toThrow("given back once");
    expect(() => pool.give(new BufferPool(8, 4).take())).toThrow("given back once");
  });
});
