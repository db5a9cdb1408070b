import { PAGE_INK, traceSvg, traceVerdict } from "../../../src/admin/trace_svg.ts";
import type { Trace } from "../../../src/node/mod.ts";
import { expect, test } from "../../support/harness.ts";

const holder = { nodeId: "00aabbccdd", address: "1.2.3.4:5", rttMs: 20, result: "served" };
const trace: Trace = {
  id: "id",
  found: true,
  rounds: [
    { asked: 4, answered: 3, startedMs: 0, ms: 50 },
    { asked: 2, answered: 0, startedMs: 40, ms: 0 },
  ],
  holders: [holder],
  firstByteMs: 80,
  totalMs: 100,
  heldHere: false,
};
const bars = (svg: string) =>
  [...svg.matchAll(/<rect x="([\d.]+)" y="\d+" width="([\d.]+)"/g)]
    .map(([, x, width]) => [Number(x), Number(width)]);

test("every round and holder is a bar, as long as it took and where it began", () => {
  const svg = traceSvg("id", trace);
  expect(bars(svg)).toEqual([[300, 325], [560, 3], [300, 130]]);
  for (
    const said of ["trace over after 100 ms", "3 of 4 answered", "0 of 2 answered", "00aabbcc"]
  ) {
    expect(svg).toContain(said);
  }
  expect(svg).toContain("first byte of the content after 80 ms");
});

test("what others say of themselves stays text", () => {
  const evil = { ...holder, result: `</text><script>"&` };
  const svg = traceSvg(`<id>`, { ...trace, holders: [evil] });
  expect(svg).toContain("&lt;/text&gt;&lt;script&gt;&quot;&amp;");
  expect(svg).not.toContain("<script>");
  expect(svg).toContain("&lt;id&gt;");
});

test("nothing asked, nothing found: a picture that says so", () => {
  const nothing = { ...trace, rounds: [], holders: [], firstByteMs: undefined, totalMs: 0 };
  const svg = traceSvg("id", nothing);
  expect(svg).toContain("Not found, known after 0.0 ms");
  expect(svg).toContain("no other node was asked");
  expect(traceSvg("id", { ...nothing, heldHere: true })).toContain("nobody else has it");
});

test("at most sixteen holders are drawn; the others are counted", () => {
  const svg = traceSvg("id", { ...trace, holders: Array.from({ length: 40 }, () => holder) });
  expect(bars(svg)).toHaveLength(2 + 16);
  expect(svg).toContain("24 more holders");
});

test("a page's picture has the page's colours, a file's none that may be missing", () => {
  expect(traceSvg("id", trace)).not.toContain("var(");
  expect(traceSvg("id", trace, PAGE_INK)).not.toMatch(/#[0-9a-f]{6}/);
});

test("a picture is named by what came of it", () => {
  const found = "Found, first byte after 80 ms, trace over after 100 ms";
  expect(traceVerdict(trace)).toBe(found);
  expect(traceSvg("id", trace)).toContain(`role="img" aria-label="${found}"`);
  const unheard = "Found, no byte came, trace over after 100 ms";
  expect(traceVerdict({ ...trace, firstByteMs: undefined })).toBe(unheard);
});

test("ten seconds' wait for a dead holder do not press the rest together", () => {
  const dead = { ...holder, rttMs: undefined, result: "did not answer" };
  const waited = { ...trace, holders: [holder, dead], totalMs: 10_014 };
  expect(bars(traceSvg("id", waited)).slice(0, 3)).toEqual(bars(traceSvg("id", trace)));
  expect(traceVerdict(waited)).toBe("Found, first byte after 80 ms, trace over after 10014 ms");
});
