import { ProviderParts } from "../../../src/store/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { memoryDatabase } from "./fixtures.ts";

test("parts come back one after the other, as last saved, without those trimmed", () => {
  const db = memoryDatabase();
  const parts = new ProviderParts(db);
  expect(parts.next(-1)).toBeUndefined();
  for (const part of [2, 0, 1]) parts.save(part, Uint8Array.of(part));
  parts.save(0, Uint8Array.of(7));
  expect(parts.next(-1)).toEqual({ part: 0, bytes: Uint8Array.of(7) });
  expect(parts.next(0)).toEqual({ part: 1, bytes: Uint8Array.of(1) });
  parts.trim(2);
  expect(new ProviderParts(db).next(1)).toBeUndefined();
});
