import fc from "fast-check";
import {
  contentRange,
  parseRange,
  type RangeAnswer,
  RANGES_SENT_MAX,
  unsatisfiedRange,
} from "../../../src/http/mod.ts";
import { expect, test } from "../../support/harness.ts";

const one = (start: number, end: number): RangeAnswer => ({
  kind: "ranges",
  ranges: [{ start, end }],
});

test("single ranges: closed, open, suffix, cut at the end", () => {
  expect(parseRange("bytes=6-16", 31)).toEqual(one(6, 17));
  expect(parseRange("Bytes=6-", 31)).toEqual(one(6, 31));
  expect(parseRange("bytes=-3", 31)).toEqual(one(28, 31));
  expect(parseRange("bytes=-99", 31)).toEqual(one(0, 31));
  expect(parseRange("bytes=30-9999999999999999999999", 31)).toEqual(one(30, 31));
  expect(parseRange("bytes= 0-0 ,", 31)).toEqual(one(0, 1));
});

test("what lies outside is unsatisfiable, what is malformed is ignored", () => {
  for (const header of ["bytes=31-", "bytes=99-", "bytes=-0", "bytes=40-50,60-"]) {
    expect(parseRange(header, 31)).toEqual({ kind: "unsatisfiable" });
  }
  const ignored = ["lines=1-2", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-2", "bytes 1-2", "1-2"];
  for (const header of [...ignored, "bytes=1-2;3-4", "bytes=0x1-2", "bytes=1-2,x", "bytes=,,"]) {
    expect(parseRange(header, 31)).toEqual({ kind: "whole" });
  }
  expect(parseRange(undefined, 31)).toEqual({ kind: "whole" });
  expect(parseRange("bytes=0-", 0)).toEqual({ kind: "whole" });
  expect(parseRange("bytes=-5", 0)).toEqual({ kind: "whole" });
});

test("a long field is read in one pass: by its square this would take hours", () => {
  const spaces = " ".repeat(2_000_000);
  expect(parseRange(`bytes=0-5,a${spaces}b`, 31)).toEqual({ kind: "whole" });
  expect(parseRange(`bytes=0-5,${spaces},1${spaces}-`, 31)).toEqual({ kind: "whole" });
  expect(parseRange(`bytes=${spaces}0-5${spaces}`, 31)).toEqual(one(0, 6));
});

test("several ranges keep their order; those that touch become one", () => {
  const ranges = (header: string) => parseRange(header, 100);
  expect(ranges("bytes=6-16,0-4")).toEqual({
    kind: "ranges",
    ranges: [{ start: 6, end: 17 }, { start: 0, end: 5 }],
  });
  expect(ranges("bytes=0-4,5-9")).toEqual(one(0, 10));
  expect(ranges("bytes=50-60,0-4,55-70,200-")).toEqual({
    kind: "ranges",
    ranges: [{ start: 50, end: 71 }, { start: 0, end: 5 }],
  });
});

test("too many ranges are answered with the whole", () => {
  const list = (count: number): string =>
    "bytes=" + Array.from({ length: count }, (_, i) => `${i * 10}-${i * 10}`).join(",");
  expect(parseRange(list(RANGES_SENT_MAX), 1e6).kind).toBe("ranges");
  expect(parseRange(list(RANGES_SENT_MAX + 1), 1e6).kind).toBe("whole");
  expect(parseRange("bytes=" + "0-9,".repeat(64), 1e6)).toEqual({ kind: "whole" });
  expect(parseRange("bytes=" + "0-9,".repeat(63), 1e6)).toEqual(one(0, 10));
});

test("Content-Range has inclusive ends", () => {
  expect(contentRange({ start: 6, end: 17 }, 31)).toBe("bytes 6-16/31");
  expect(unsatisfiedRange(31)).toBe("bytes */31");
});

/** Which bytes a header asks for, byte by byte; undefined if the header must be ignored. */
function oracle(
  specs: readonly (readonly [string, string])[],
  size: number,
): boolean[] | undefined {
  const wanted = new Array<boolean>(size).fill(false);
  for (const [from, to] of specs) {
    if (from === "" && to === "") return undefined;
    if (from !== "" && to !== "" && Number(to) < Number(from)) return undefined;
    for (let i = 0; i < size; i++) {
      const isSuffix = from === "";
      if (isSuffix ? i >= size - Number(to) : i >= Number(from) && (to === "" || i <= Number(to))) {
        wanted[i] = true;
      }
    }
  }
  return wanted;
}

test("law: the ranges cover exactly the bytes asked for, once", () => {
  const place = fc.oneof(fc.constant(""), fc.nat(45).map(String));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(place, place), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 40 }),
      (specs, size) => {
        const answer = parseRange("bytes=" + specs.map(([a, b]) => `${a}-${b}`).join(", "), size);
        const wanted = oracle(specs, size);
        if (wanted === undefined) return expect(answer.kind).toBe("whole");
        if (!wanted.includes(true)) return expect(answer.kind).toBe("unsatisfiable");
        if (answer.kind !== "ranges") throw new Error(`${answer.kind} instead of ranges`);
        const given = new Array<number>(size).fill(0);
        for (const { start, end } of answer.ranges) {
          for (let i = start; i < end; i++) given[i] = (given[i] ?? 0) + 1;
        }
        expect(given).toEqual(wanted.map(Number));
      },
    ),
    { numRuns: 500 },
  );
});
