import { sizeText } from "../../../src/gateway/size_text.ts";
import { expect, test } from "../../support/harness.ts";

test("sizes are told in binary units", () => {
  const sizes = [0, 31, 1024, 5 * 2 ** 20 + 3, 2 ** 40, 2 ** 53];
  expect(sizes.map(sizeText)).toEqual([
    ...["0 B", "31 B", "1.0 KiB", "5.0 MiB", "1.0 TiB", "8192.0 TiB"],
  ]);
});
