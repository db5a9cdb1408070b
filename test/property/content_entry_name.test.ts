import fc from "fast-check";
import { compareNames, entryNameFault, quoteName } from "../../src/content/mod.ts";
import { compareBytes, utf8 } from "../../src/lib/mod.ts";
import { describe, expect, test } from "../support/harness.ts";

const wellFormed = fc.string({ unit: "binary", maxLength: 8 }).filter((text) =>
  text.isWellFormed()
);

describe("entry names", () => {
  test("law: compareNames is the order of the UTF-8 bytes", () => {
    fc.assert(fc.property(wellFormed, wellFormed, (a, b) => {
      expect(Math.sign(compareNames(a, b))).toBe(Math.sign(compareBytes(utf8(a), utf8(b))));
    }));
  });

  test("law: a name that passes is one path segment of at most 255 bytes", () => {
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 300 }), (name) => {
      if (entryNameFault(name) !== undefined) return;
      expect(name.split(/[/\\]/)).toHaveLength(1);
      expect(utf8(name).length).toBeLessThanOrEqual(255);
      expect(new URL(`http://h/${encodeURIComponent(name)}`).pathname.split("/")).toHaveLength(2);
    }));
  });

  test("law: a quoted name is one line of printable text", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (name) => {
      expect(quoteName(name)).toMatch(/^"[^\p{C}\p{Zl}\p{Zp}]*"$/u);
    }));
  });
});
