import { isMime, mimeOfName } from "../../../src/content/mod.ts";
import { describe, expect, test } from "../../support/harness.ts";

describe("mime", () => {
  test("mimeOfName() is a label that may stand in a manifest, or empty", () => {
    expect(mimeOfName("index.html")).toBe("text/html");
    for (const name of ["README", ".gz", "a.ts"]) expect(mimeOfName(name)).toBe("");
  });

  test("isMime() lets through what may stand in a header and nothing else", () => {
    const good = ["", "text/html", "text/html; charset=utf-8", 'a/b;c="d e";f=g', "image/svg+xml"];
    for (const mime of good) expect([mime, isMime(mime)]).toEqual([mime, true]);
    const bad = [
      "text",
      "text/",
      "/html",
      "text/html\r\nX: y",
      "a/b;",
      "a/b;c",
      'a/b;c="\n"',
      "a b/c",
    ];
    bad.push("text/ü", "a/b\0", `a/${"b".repeat(254)}`);
    for (const mime of bad) expect([mime, isMime(mime)]).toEqual([mime, false]);
  });

  test("a type made to be slow to match is answered at once", () => {
    const slow = `a/b${';c="'.repeat(60)}`;
    const times = Array.from({ length: 100 }, () => {
      const started = performance.now();
      isMime(slow);
      return performance.now() - started;
    });
    expect(Math.min(...times)).toBeLessThan(1); // a few microseconds; backtracking takes for ever
  });
});
