import { HOSTING_CODE, HOSTING_MESSAGES } from "../../../src/wire/hosting_messages.ts";
import { earlinessOf } from "../../../src/wire/early.ts";
import { EXAMPLES } from "../../support/message_vectors.ts";
import { expect, test } from "../../support/harness.ts";

test("the numbers lie in the market's range, and their codes are apart", () => {
  expect(HOSTING_MESSAGES.map(({ number }) => number)).toEqual([73, 74, 75, 76]);
  const codes = Object.values(HOSTING_CODE);
  expect(new Set(codes).size).toBe(codes.length);
});

test("nothing that buys rides in a handshake, which anybody could send again", () => {
  const types = new Set<string>(HOSTING_MESSAGES.map(({ type }) => type));
  const examples = EXAMPLES.filter(({ type }) => types.has(type));
  expect(examples.length).toBeGreaterThanOrEqual(types.size);
  for (const example of examples) expect(earlinessOf(example)).toBe("never");
});
