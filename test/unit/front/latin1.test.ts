import { writeLatin1 } from "../../../src/front/latin1.ts";
import { expect, test } from "../../support/harness.ts";

test("a text takes a byte for each character, wherever it ends and whatever room there is", () => {
  for (const text of ["", "abc", "\xe9b", "b\xe9", "\x80\xff", "a\xe9".repeat(100)]) {
    for (const more of [0, 1, 300]) {
      const bytes = writeLatin1(text, new Uint8Array(text.length + more));
      expect(Buffer.from(bytes.subarray(0, text.length)).toString("latin1")).toBe(text);
    }
  }
});
