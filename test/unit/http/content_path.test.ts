import { invalidChunkId, parseContentPath, PATH_DEPTH_MAX, quoted } from "../../../src/http/mod.ts";
import { SkerryError } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

const ID = "00112233445566778899aabbccddeeff00112233";

function failure(raw: string): SkerryError {
  try {
    parseContentPath(raw);
  } catch (error) {
    if (error instanceof SkerryError) return error;
  }
  throw new Error(`${raw} was not refused`);
}

test("segments are decoded exactly once", () => {
  const path = parseContentPath(`${ID}/Portugal%252C+Espa%C3%B1a=Pen%20%2B/%2525/`);
  expect(path.segments).toEqual(["Portugal%2C+España=Pen +", "%25"]);
  expect(path.hasTrailingSlash).toBe(true);
  expect(path.isCanonical).toBe(true);
  expect(parseContentPath(ID).hasTrailingSlash).toBe(false);
  expect(parseContentPath(`${ID}/`)).toMatchObject({ segments: [], hasTrailingSlash: true });
  expect(parseContentPath(ID.toUpperCase()).isCanonical).toBe(false);
});

test("an id is refused with its text and the rule", () => {
  for (const id of [ID.slice(1), `${ID}0`, `g${ID.slice(1)}`, "", "x"]) {
    expect(failure(`${id}/a`).code).toBe("INVALID_ID");
    expect(failure(`${id}/a`).message).toContain(JSON.stringify(id));
  }
  expect(invalidChunkId("zz").message).toBe('"zz" is not a chunk id: it needs 40 hex digits');
});

test("no path leaves its manifest", () => {
  const bad = [
    "..",
    "a/../b",
    "%2e%2e",
    ".",
    "a%2fb",
    "a%5cb",
    "a\\b",
    "%00",
    "a//b",
    "%0d%0a",
    "%7f",
  ];
  for (const path of [...bad, "%", "%zz", "%ff", "a/%c3", "b".repeat(1025)]) {
    expect(failure(`${ID}/${path}`).code).toBe("INVALID_PATH");
  }
  expect(failure(`${ID}/${"a/".repeat(PATH_DEPTH_MAX + 1)}`).message).toContain("deeper than 16");
  expect(parseContentPath(`${ID}/${"a/".repeat(PATH_DEPTH_MAX)}`).segments.length).toBe(16);
  // decoded once, this is an ordinary if odd name
  expect(parseContentPath(`${ID}/%252e%252e`).segments).toEqual(["%2e%2e"]);
});

test("quoted() shows control characters and stays short", () => {
  expect(quoted("a\nb")).toBe('"a\\nb"');
  expect(quoted("x".repeat(500)).length).toBe(122);
});
