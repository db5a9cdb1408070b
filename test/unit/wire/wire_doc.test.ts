import { readFileSync, writeFileSync } from "node:fs";
import { MESSAGES, wireDocument } from "../../../src/wire/mod.ts";
import { expect, test } from "../../support/harness.ts";

const path = new URL("../../../docs/wire.md", import.meta.url).pathname;

test("docs/wire.md is what the catalogue prints (make wire-doc rewrites it)", () => {
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, wireDocument());
  expect(readFileSync(path, "utf8")).toBe(wireDocument());
});

test("every message has a section with a row for each field", () => {
  for (const { number, type, fields } of MESSAGES) {
    const section = wireDocument().split(`## ${number} ${type}\n`)[1]?.split("\n## ")[0] ?? "";
    for (const [field] of fields) expect(section).toMatch(new RegExp(`^\\| ${field} \\| \\S`, "m"));
  }
});
