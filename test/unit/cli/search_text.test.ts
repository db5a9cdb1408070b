import { searchText } from "../../../src/cli/search_text.ts";
import { expect, test } from "../../support/harness.ts";

const report = { targetBits: 12, triesPerSecond: 870, rank: 0 } as const;

test("the expected time does not shrink as tries fail, and there is no percentage", () => {
  const early = searchText({ ...report, puzzle: "id", tries: 10 });
  const late = searchText({ ...report, puzzle: "id", tries: 50_000 });
  expect(early).toBe(
    "id puzzle: 10 tries at 870/s; 4,096 needed on average, expect 4.7 s more",
  );
  expect(late).toContain("50,000 tries");
  expect(late).toContain("expect 4.7 s more");
  expect(late).not.toContain("%");
});

test("a rank search tells the best so far; without a rate nothing is promised", () => {
  const text = searchText({ ...report, puzzle: "rank", targetBits: 20, tries: 3, rank: 7 });
  expect(text).toContain("rank 20: 3 tries at 870/s, best rank 7; 1,048,576 needed");
  const start = searchText({ ...report, puzzle: "id", tries: 0, triesPerSecond: 0 });
  expect(start).not.toContain("expect");
});
