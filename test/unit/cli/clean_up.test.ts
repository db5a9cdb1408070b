import { CleanUp } from "../../../src/cli/clean_up.ts";
import { expect, test } from "../../support/harness.ts";

test("deeds are undone newest first, once, whatever one of them does", async () => {
  const logged: string[] = [];
  const done: string[] = [];
  const cleanUp = new CleanUp({ log: (_level, event) => void logged.push(event) });
  cleanUp.add("a", () => void done.push("a"));
  cleanUp.add("b", () => {
    throw new Error("stuck");
  });
  cleanUp.add("c", async () => {
    await Promise.resolve();
    done.push("c");
  });
  await Promise.all([cleanUp.run(), cleanUp.run()]);
  expect(done).toEqual(["c", "a"]);
  expect(logged).toEqual(["stop_failed"]);
});
