import {
  SETTING_NAMES,
  settingsTable,
  TABLE_BEGIN,
  TABLE_END,
  withSettingsTable,
} from "../../../src/config/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("the table has one row of five cells per setting", () => {
  const rows = settingsTable().split("\n").slice(2);
  expect(rows.length).toBe(SETTING_NAMES.length);
  for (const row of rows) expect(row.split(/(?<!\\)\|/).length).toBe(7);
  expect(rows.join("\n")).toContain("`--store-bytes SIZE` | `SKERRY_STORE_BYTES` | `store-bytes`");
});

test("withSettingsTable() replaces what stands between the markers and nothing else", () => {
  const document = `before\n${TABLE_BEGIN}\nold\n${TABLE_END}\nafter`;
  const written = withSettingsTable(document) ?? "";
  expect(written.startsWith(`before\n${TABLE_BEGIN}\n| Flag`)).toBe(true);
  expect(written.endsWith(`|\n${TABLE_END}\nafter`)).toBe(true);
  expect(withSettingsTable(written)).toBe(written);
  expect(withSettingsTable("no markers")).toBeUndefined();
  expect(withSettingsTable(`${TABLE_END}${TABLE_BEGIN}`)).toBeUndefined();
});
