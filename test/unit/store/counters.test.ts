import { Counters } from "../../../src/store/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { memoryDatabase } from "./fixtures.ts";

test("totals go on where the last flush left them", () => {
  const db = memoryDatabase();
  const first = new Counters(db);
  expect(first.get("served_bytes")).toBe(0);
  first.add("served_bytes", 2 ** 40);
  first.add("starts", 1);
  expect(first.hasChanged).toBe(true);
  first.flush();
  expect(first.hasChanged).toBe(false);
  first.add("served_bytes", 5); // lost with the process
  const second = new Counters(db);
  second.add("served_bytes", 1);
  second.flush();
  expect(new Counters(db).get("served_bytes")).toBe(2 ** 40 + 1);
  expect(new Counters(db).get("starts")).toBe(1);
});
