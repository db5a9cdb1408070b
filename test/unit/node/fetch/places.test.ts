import { Places } from "../../../../src/node/fetch/places.ts";
import { describe, expect, test } from "../../../support/harness.ts";

const never = new AbortController().signal;
const tick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

describe("Places", () => {
  test("who finds no place waits for one, in the order of coming", async () => {
    const places = new Places(2);
    const order: number[] = [];
    const ends: (() => void)[] = [];
    const all = [0, 1, 2, 3].map((i) =>
      places.run(never, () => {
        order.push(i);
        return new Promise<void>((resolve) => ends.push(resolve));
      })
    );
    await tick();
    expect(order).toEqual([0, 1]);
    ends[1]?.();
    await tick();
    expect(order).toEqual([0, 1, 2]);
    expect(places.taken).toBe(2);
    for (let i = 0; i < 4; i++) {
      ends[i]?.();
      await tick();
    }
    await Promise.all(all);
    expect(order).toEqual([0, 1, 2, 3]);
    expect(places.taken).toBe(0);
  });

  test("work that throws gives its place back", async () => {
    const places = new Places(1);
    await expect(places.run(never, () => Promise.reject(new Error("boom")))).rejects.toThrow(
      "boom",
    );
    expect(places.taken).toBe(0);
  });

  test("who is called off while waiting leaves the line and takes no place", async () => {
    const places = new Places(1);
    const held = Promise.withResolvers<void>();
    const first = places.run(never, () => held.promise);
    const stop = new AbortController();
    let hasRun = false;
    const second = places.run(stop.signal, () => Promise.resolve(void (hasRun = true)));
    stop.abort(new Error("left"));
    await expect(second).rejects.toThrow("left");
    held.resolve();
    await first;
    await tick();
    expect(hasRun).toBe(false);
    expect(places.taken).toBe(0);
  });

  test("who is called off just as its turn comes gives the place on", async () => {
    const places = new Places(1);
    const held = Promise.withResolvers<void>();
    const stop = new AbortController();
    const first = places.run(never, () => held.promise);
    const second = places.run(stop.signal, () => Promise.resolve("ran"));
    const third = places.run(never, () => Promise.resolve("third"));
    held.resolve();
    await first;
    stop.abort(new Error("left"));
    await second.catch(() => {});
    expect(await third).toBe("third");
    expect(places.taken).toBe(0);
  });
});
