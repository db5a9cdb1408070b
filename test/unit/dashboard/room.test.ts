import { tooLarge } from "../../../src/dashboard/room.ts";
import { expect, test } from "../../support/harness.ts";

test("a file is sent if the store has room for it, or nobody knows yet", () => {
  expect(tooLarge({ name: "a", size: 10 }, 10)).toBeUndefined();
  expect(tooLarge({ name: "a", size: 10 }, undefined)).toBeUndefined();
});

test("one that cannot fit is told of with both sizes, and what to try", () => {
  const told = tooLarge({ name: "film.mkv", size: 9 * 2 ** 30 }, 7 * 2 ** 30);
  expect(told).toStartWith("film.mkv: has 9.00 GiB, the store has room for 7.00 GiB. ");
  expect(told).toContain("--store-bytes");
});
