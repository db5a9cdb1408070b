import { failureOf } from "../../../../src/node/fetch/fetch_failure.ts";
import { SkerryError } from "../../../../src/lib/mod.ts";
import { expect, test } from "../../../support/harness.ts";

const outcome = { rounds: [], ms: 0, isConverged: true, answered: 0 };

test("a chunk fails with what stood last between it and its reader", () => {
  const refusal = new SkerryError("BUSY", "too many lookups");
  const cases = [
    [[{ found: 2, outcome }, { found: 1, outcome }], 1, "CREDIT_LIMIT_REACHED"],
    [[{ found: 2, outcome }], 0, "HOLDERS_FAILED"],
    [[{ found: 0, outcome: { ...outcome, refusal } }], 0, "BUSY"],
    [[{ found: 0, outcome: { ...outcome, answered: 3 } }], 0, "CHUNK_NOT_FOUND"],
    [[{ found: 0, outcome }], 0, "NO_PEERS"],
    [[{ found: 0, outcome: undefined }], 1, "NO_PEERS"], // whoever had none to give is gone
  ] as const;
  for (const [sets, withoutCredit, code] of cases) {
    expect(failureOf(sets, withoutCredit).code).toBe(code);
  }
  expect(failureOf([{ found: 2, outcome }], 1).why).toContain("2 holders found, 1 of them");
});
