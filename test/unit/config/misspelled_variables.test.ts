import { environmentOf, misspelledVariables, SETTING_NAMES } from "../../../src/config/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("a variable that is nearly a setting is named with the one that was meant", () => {
  const environment = { SKERRY_STORE_BYTE: "1GiB", SKERRY_HTPP: "", PATH: "/bin", skerry_udp: "" };
  expect(misspelledVariables(environment)).toEqual([
    { name: "SKERRY_HTPP", meant: "SKERRY_HTTP" },
    { name: "SKERRY_STORE_BYTE", meant: "SKERRY_STORE_BYTES" },
  ]);
});

test("settings, and what a cluster sets beside them, are left alone", () => {
  const own = Object.fromEntries(SETTING_NAMES.map((name) => [environmentOf(name), "x"]));
  const others = ["PORT", "SERVICE_HOST", "SERVICE_PORT", "PORT_8080_TCP", "BINARY", ""];
  const all = { ...own, ...Object.fromEntries(others.map((name) => [`SKERRY_${name}`, "x"])) };
  expect(misspelledVariables(all)).toEqual([]);
});
