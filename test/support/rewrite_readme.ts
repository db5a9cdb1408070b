/** make readme: puts the table of settings, as the schema has it, between README.md's markers. */
import { readFileSync, writeFileSync } from "node:fs";
import { withSettingsTable } from "../../src/config/mod.ts";

const path = new URL("../../README.md", import.meta.url).pathname;
const rewritten = withSettingsTable(readFileSync(path, "utf8"));
if (rewritten === undefined) throw new Error("README.md lacks the markers of the settings table");
writeFileSync(path, rewritten);
