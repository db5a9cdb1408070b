import fc from "fast-check";
import {
  DENY_PREFIX_RULES_MAX,
  denyDigest,
  DenyList,
  type DenyStatus,
  denyTag,
  nameText,
  parseDenyLine,
} from "../../../src/deny/mod.ts";
import { type ChunkId, fromHex, type PublicKey, toBase32 } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

const A = "aa".repeat(20);
const B = "bb".repeat(20);
const key = (hex: string): ChunkId => fromHex(hex) as ChunkId;

function listOf(...lines: string[]): DenyList {
  const list = new DenyList();
  for (const line of lines) {
    const rule = parseDenyLine(line);
    if (typeof rule !== "object") throw new Error(`${line} ${rule}`);
    expect(list.add(rule, 410)).toBeUndefined();
  }
  return list;
}

const ask = (list: DenyList, path: string, ...keys: string[]): DenyStatus | undefined =>
  list.ofObject(keys.map(key), path === "" ? [] : path.split("/"));

test("an empty list denies nothing", () => {
  expect(ask(listOf(), "a", A)).toBeUndefined();
  expect(listOf().ofBytes([key(A)])).toBeUndefined();
});

test("a rule about an object holds for all below it, by whichever of its names", () => {
  const list = listOf(`/file/${A}`);
  for (const path of ["", "a", "a/b"]) {
    expect(ask(list, path, A)).toBe(410);
    expect(ask(list, path, B, A)).toBe(410);
    expect(ask(list, path, B)).toBeUndefined();
  }
  expect(list.ofBytes([key(B), key(A)])).toBe(410);
});

test("a rule about a path holds for that path, and not for the bytes", () => {
  const list = listOf(`/file/${A}/a gateway_status=451`);
  expect([ask(list, "a", A), ask(list, "", A), ask(list, "a/b", A), ask(list, "a", B)])
    .toEqual([451, undefined, undefined, undefined]);
  expect(list.ofBytes([key(A)])).toBeUndefined();
});

test("a star takes all that begins so; a slash before it the directory too", () => {
  const list = listOf(`/file/${A}/ab*`, `/file/${B}/ab/*`);
  const at = (hex: string) => ["ab", "abc", "ab/c", "a", ""].map((path) => ask(list, path, hex));
  expect(at(A)).toEqual([410, 410, 410, undefined, undefined]);
  expect(at(B)).toEqual([410, undefined, 410, undefined, undefined]);
});

test("the last rule that matches decides, so exceptions follow their rule", () => {
  const list = listOf(`/file/${A}/*`, `!/file/${A}/free*`, `/file/${A}/free/not`);
  expect(["", "x", "free/yes", "free/not"].map((path) => ask(list, path, A)))
    .toEqual([410, 410, undefined, 410]);
  expect(list.ofBytes([key(A)])).toBeUndefined();
  expect(ask(listOf(`!/file/${A}`, `/file/${A}`), "", A)).toBe(410);
  expect(ask(listOf(`/file/${A}`, `!/file/${A}`), "", A)).toBeUndefined();
});

test("a name is denied as itself", () => {
  const name = new Uint8Array(32).fill(8) as PublicKey;
  const list = listOf(`/name/${toBase32(name)}`);
  expect(list.ofText(nameText(name))).toBe(410);
  expect(list.ofText(nameText(new Uint8Array(32) as PublicKey))).toBeUndefined();
});

test("every rule is found again, and nothing else, however many there are", () => {
  const hex = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) =>
    [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")
  );
  fc.assert(
    fc.property(fc.uniqueArray(hex, { minLength: 2, maxLength: 300 }), (ids) => {
      const denied = ids.slice(1).filter((_, i) => i % 2 === 0);
      const list = listOf(...denied.map((id) => `/chunk/${id}`));
      expect(ids.filter((id) => list.ofBytes([key(id)]) !== undefined)).toEqual(denied);
    }),
    { numRuns: 30 },
  );
});

/** What has to be purged when one list takes the other's place, sorted. */
const tagsBetween = (before: DenyList, after: DenyList): string[] =>
  [...before.changedTags(after)].filter((one) => one !== undefined).sort();

test("who compares two long lists can let others have their turn", () => {
  const rules = Array.from(
    { length: 20_000 },
    (_, i) => `/chunk/${i.toString(16).padStart(40, "0")}`,
  );
  const [before, after] = [listOf(...rules), listOf(...rules, `/chunk/${A}`)];
  const steps = [...before.changedTags(after)];
  expect(steps.filter((one) => one !== undefined)).toHaveLength(1);
  expect(steps.length).toBeGreaterThan(10);
});

test("what differs between two lists is told by tag, once each", () => {
  const before = listOf(`/file/${A}`, `/file/${A}/x`, `/file/${B}/p*`);
  const after = listOf(`/file/${A} gateway_status=451`, `/file/${A}/x`, `/file/${B}`);
  const tag = (text: string): string => denyTag(denyDigest(text));
  expect(tagsBetween(before, after)).toEqual([tag(A), tag(B), tag(B)].sort());
  expect(tagsBetween(before, before)).toEqual([]);
  expect(tagsBetween(listOf(), listOf(`/file/${A}/x`))).toEqual([tag(`${A}/x`)]);
  expect(tagsBetween(listOf(`/file/${A}/x`), listOf())).toEqual([tag(`${A}/x`)]);
});

test("rules with a star are bounded", () => {
  const list = new DenyList();
  const rule = parseDenyLine(`/file/${A}/*`);
  if (typeof rule !== "object") throw new Error("no rule");
  for (let i = 0; i < DENY_PREFIX_RULES_MAX; i++) list.add(rule, 410);
  expect(list.add(rule, 410)).toMatch(/more than 10000/);
});
