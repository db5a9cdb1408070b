import { ifMatchAllows, ifRangeAllows, noneMatch } from "../../../src/http/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("If-None-Match: exact, third in a list, weak, star", () => {
  expect(noneMatch('"x"', '"x"')).toBe("hit");
  expect(noneMatch('"a", "b" ,"x"', '"x"')).toBe("hit");
  expect(noneMatch('W/"x"', '"x"')).toBe("hit");
  expect(noneMatch('"x"', 'W/"x"')).toBe("hit");
  expect(noneMatch('"a,b"', '"a,b"')).toBe("hit");
  expect(noneMatch(" * ", '"x"')).toBe("any");
});

test("If-None-Match: others and malformed lists miss", () => {
  for (const header of [undefined, "", '"y"', "x", '"x', '"x"y', '"a" "x"', "W/x", '*, "x"']) {
    expect(noneMatch(header, '"x"')).toBe("miss");
  }
});

test("If-Match compares strongly, and a malformed list names nothing", () => {
  expect(ifMatchAllows(undefined, '"x"')).toBe(true);
  expect(ifMatchAllows("*", '"x"')).toBe(true);
  expect(ifMatchAllows('"a", "x"', '"x"')).toBe(true);
  for (const header of ['"y"', 'W/"x"', "x", ""]) expect(ifMatchAllows(header, '"x"')).toBe(false);
  expect(ifMatchAllows('W/"x"', 'W/"x"')).toBe(false);
});

test("If-Range compares strongly", () => {
  expect(ifRangeAllows(undefined, '"x"')).toBe(true);
  expect(ifRangeAllows('"x"', '"x"')).toBe(true);
  expect(ifRangeAllows('W/"x"', '"x"')).toBe(false);
  expect(ifRangeAllows('W/"x"', 'W/"x"')).toBe(false);
  expect(ifRangeAllows('"y"', '"x"')).toBe(false);
  expect(ifRangeAllows("Wed, 21 Oct 2015 07:28:00 GMT", '"x"')).toBe(false);
});
