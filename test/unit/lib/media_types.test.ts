import { guessOfName, labelOfName } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("a label goes by the last extension, in either case; names without one have none", () => {
  expect(labelOfName("index.html")).toBe("text/html");
  expect(labelOfName("A.JPG")).toBe("image/jpeg");
  expect(labelOfName("a.tar.gz")).toBe("application/gzip");
  for (const name of ["README", ".gz", "a.", "a.unknown", "", "a.constructor"]) {
    expect([name, labelOfName(name), guessOfName(name)]).toEqual([name, undefined, undefined]);
  }
});

test("a reader guesses more than publishers write, and never another than they did", () => {
  expect([labelOfName("a.ts"), guessOfName("a.ts")]).toEqual([undefined, "video/mp2t"]);
  for (const name of ["a.mkv", "a.ico", "a.opus", "a.css"]) {
    expect(guessOfName(name)).toBe(labelOfName(name) ?? "");
  }
});
