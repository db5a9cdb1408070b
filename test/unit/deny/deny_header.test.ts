import { parseDenyHeader } from "../../../src/deny/mod.ts";
import { expect, test } from "../../support/harness.ts";

const parse = (text: string) => parseDenyHeader(text.split("\n"));

test("a header gives the status of rules that say none", () => {
  const header = [
    "# a list",
    "version: 1",
    'name: "Bad: things"',
    "description: long",
    "  and longer",
    "hints:",
    "  gateway_status: 451 # by law",
    "  double_hash_fn: sha256",
  ].join("\n");
  expect(parse(header)).toEqual({ status: 451 });
  expect(parse("name: x")).toEqual({ status: 410 });
  expect(parse("")).toEqual({ status: 410 });
});

test("a status outside the hints is a field of somebody else's", () => {
  expect(parse("gateway_status: 451\nother:\n  gateway_status: 451")).toEqual({ status: 410 });
});

test("another version, another status and what is no field are told", () => {
  expect(parse("version: 2")).toMatch(/version 2/);
  expect(parse("hints:\n  gateway_status: 200")).toMatch(/410 or 451/);
  expect(parse("no field")).toMatch(/"no field"/);
  expect(parse("hints:\n  - gateway_status")).toMatch(/gateway_status/);
});
