import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  test,
} from "../../support/harness.ts";

// Runs under bun:test and under its stand-in: both must tell the same story.
const story: string[] = [];

beforeEach(() => void story.push("file before"));

describe("outer", () => {
  beforeAll(async () => {
    await Promise.resolve();
    story.push("outer begins");
  });
  beforeEach(() => void story.push("before"));
  afterEach(() => void story.push("after"));
  afterAll(() => void story.push("outer ends"));

  test("first", () => void story.push("first"));
  describe("inner", () => {
    beforeAll(() => void story.push("inner begins"));
    test("second", async () => {
      await Promise.resolve();
      story.push("second");
    });
    afterAll(() => void story.push("inner ends"));
  });
  test("third", () => void story.push("third"));
});

test("hooks run in bun:test's order, on both runtimes", () => {
  expect(story).toEqual([
    "outer begins",
    ...["file before", "before", "first", "after"],
    "inner begins",
    ...["file before", "before", "second", "after"],
    "inner ends",
    ...["file before", "before", "third", "after"],
    "outer ends",
    "file before",
  ]);
});

test("matchers mean the same on both", async () => {
  expect(Uint8Array.of(1, 2)).toEqual(Uint8Array.of(1, 2));
  expect(() => expect(Uint8Array.of(1, 2)).toEqual(Uint8Array.of(1, 3))).toThrow();
  const big = new Uint8Array(2 ** 20).fill(7);
  expect({ big }).toEqual({ big: big.slice() });
  expect(() => expect(big).toEqual(big.slice(1))).toThrow();
  expect("skerry://x").toStartWith("skerry:");
  expect(() => expect("skerry://x").not.toStartWith("skerry:")).toThrow();
  expect("skerry://x").toEndWith("x");
  expect({ a: 1, b: { c: 2, d: 3 } }).toMatchObject({ b: { c: 2 } });
  expect(() => expect({ a: 1 }).toMatchObject({ a: 2 })).toThrow();
  expect(() => {
    throw new RangeError("too far");
  }).toThrow(RangeError);
  await expect(Promise.reject(new Error("no"))).rejects.toThrow("no");
  await expect(Promise.reject(Object.assign(new Error("x"), { code: "GONE" })))
    .rejects.toMatchObject({ code: "GONE" });
  await expect(Promise.resolve(3)).resolves.toBe(3);
  expect([1, 2]).not.toContain(3);
  expect(0.1 + 0.2).toBeCloseTo(0.3);
});
