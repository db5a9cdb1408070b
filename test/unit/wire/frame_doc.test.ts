import { FETCH_FRAME, FRAME, frameSections } from "../../../src/wire/mod.ts";
import { expect, test } from "../../support/harness.ts";

const text = frameSections().join("\n");

test("every frame has one section, in the order of the numbers", () => {
  const numbers = [...text.matchAll(/^\| 0 \| type \| u8: (\d+) \|$/gm)].map((row) =>
    Number(row[1])
  );
  expect(numbers).toEqual(Object.values(FRAME).sort((a, b) => a - b));
  expect(text.match(/^## /gm)?.length).toBe(numbers.length);
});

test("a row stands at the offset of its field", () => {
  expect(text).toContain(`| ${FETCH_FRAME.at.bitmap} | bitmap | u16 |`);
});
