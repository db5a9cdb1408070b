import { formatSize } from "../../../src/config/mod.ts";
import { sizeText } from "../../../src/dashboard/size_text.ts";
import { expect, test } from "../../support/harness.ts";

test("sizes read as they do where the node itself writes them", () => {
  for (let bytes = 0; bytes < 2 ** 52; bytes = Math.ceil(bytes * 1.37) + 1) {
    expect(sizeText(bytes)).toBe(formatSize(bytes));
  }
});
