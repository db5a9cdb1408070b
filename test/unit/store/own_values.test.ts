import { OwnValues } from "../../../src/store/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { memoryDatabase } from "./fixtures.ts";

const key = (n: number) => new Uint8Array(20).fill(n);

test("values come back as they were last saved, each key once", () => {
  const db = memoryDatabase();
  const values = new OwnValues(db);
  values.save({ key: key(2), bytes: Uint8Array.of(1) });
  values.save({ key: key(1), bytes: Uint8Array.of(2) });
  values.save({ key: key(2), bytes: Uint8Array.of(3, 4) });
  const kept = [
    { key: key(1), bytes: Uint8Array.of(2) },
    { key: key(2), bytes: Uint8Array.of(3, 4) },
  ];
  expect(values.all()).toEqual(kept);
  expect(new OwnValues(db).all()).toEqual(kept);
  values.remove(key(1));
  values.remove(key(9));
  expect(values.all()).toEqual(kept.slice(1));
});
