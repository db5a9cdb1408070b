import {
  assertEntryName,
  compareNames,
  entryNameFault,
  quoteName,
} from "../../../src/content/mod.ts";
import { SkerryError } from "../../../src/lib/mod.ts";
import { describe, expect, test } from "../../support/harness.ts";

describe("entry names", () => {
  test("ordinary names of all scripts pass", () => {
    const names = ["a", "index.html", ".hidden", "...", "a b", "Zażółć.txt", "東京", "🌊", "a:b"];
    names.push("a'\"<>&;$(x)", "é".repeat(127), "a".repeat(255), "-rf", "~", "\u202egpj.exe");
    for (const name of names) expect([name, entryNameFault(name)]).toEqual([name, undefined]);
  });

  test("names that could leave their directory or hide are refused, each by its rule", () => {
    const faults: [string, string][] = [
      ["", "is empty"],
      [".", "means a directory"],
      ["..", "means a directory"],
      ["/etc/passwd", "absolute"],
      ["a/b", "slash"],
      ["a\\b", "backslash"],
      ["..\\x", "backslash"],
      ["a\0b", "NUL"],
      ["a\nb", "control"],
      ["\x7f", "control"],
      ["\x85", "control"],
      ["\ud800", "Unicode"],
      ["a".repeat(256), "255 bytes"],
      ["é".repeat(128), "255 bytes"],
      ["🌊".repeat(64), "255 bytes"],
    ];
    for (const [name, rule] of faults) expect(entryNameFault(name)).toContain(rule);
  });

  test("assertEntryName() names the name, escaped, and the place", () => {
    let caught: unknown;
    try {
      assertEntryName('a\x1b[31m\n\u202e"x', "docs/old");
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(SkerryError);
    expect((caught as SkerryError).code).toBe("INVALID_PATH");
    expect((caught as SkerryError).message).toBe(
      'The name "a\\u{1b}[31m\\u{a}\\u{202e}\\"x" in docs/old holds a control character',
    );
    assertEntryName("fine", "docs");
  });

  test("quoteName() cuts long names and escapes lone surrogates", () => {
    expect(quoteName("a".repeat(101))).toBe(`"${"a".repeat(100)}…"`);
    expect(quoteName("\ud800\u2028")).toBe('"\\u{d800}\\u{2028}"');
    expect(quoteName("Zażółć 🌊")).toBe('"Zażółć 🌊"');
  });

  test("compareNames() puts U+10000 and above after U+FFFD, as UTF-8 does", () => {
    expect(compareNames("\u{10000}", "\ufffd")).toBeGreaterThan(0);
    expect("\u{10000}" < "\ufffd").toBe(true); // what the built-in order would say
    expect(compareNames("a", "ab")).toBeLessThan(0);
    expect(compareNames("a", "a")).toBe(0);
  });
});
