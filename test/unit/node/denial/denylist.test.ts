import { DenyList, parseDenyLine } from "../../../../src/deny/mod.ts";
import {
  type ChunkId,
  fromHex,
  type PublicKey,
  type StrongId,
  toBase32,
} from "../../../../src/lib/mod.ts";
import { Denylist } from "../../../../src/node/denial/denylist.ts";
import { expect, test } from "../../../support/harness.ts";

const A = "aa".repeat(20);
const KEY = fromHex(A) as ChunkId;
const STRONG = new Uint8Array(32).fill(0xaa) as StrongId;
const NAME = new Uint8Array(32).fill(8) as PublicKey;

function denylistOf(...lines: string[]): Denylist {
  const list = new DenyList();
  for (const line of lines) {
    const rule = parseDenyLine(line);
    if (typeof rule === "object") list.add(rule, 410);
  }
  const denylist = new Denylist();
  denylist.replace({ list, files: [] }, 5);
  return denylist;
}

const codeOf = (act: () => void): string => {
  try {
    act();
    return "none";
  } catch (error) {
    return (error as { code: string }).code;
  }
};

test("what a rule names is DENIED, or DENIED_BY_LAW where it says so", () => {
  const gone = denylistOf(`/file/${A}`);
  const barred = denylistOf(`/file/${A} gateway_status=451`);
  expect([gone, barred].map((list) => codeOf(() => list.assertBytes([KEY])))).toEqual(
    ["DENIED", "DENIED_BY_LAW"],
  );
  expect(codeOf(() => gone.assertPath([KEY], ["a"]))).toBe("DENIED");
  expect(codeOf(() => denylistOf().assertPath([KEY], ["a"]))).toBe("none");
  expect([gone.isDenied([KEY]), gone.isDenied([])]).toEqual([true, false]);
});

test("a link is judged by its first twenty bytes, and told in full", () => {
  const denial = denylistOf(`/file/${A}/x`).ofPath({ kind: "strong", id: STRONG }, ["x"]);
  expect(denial?.message).toBe(`This node does not serve ${toBase32(STRONG)}/x`);
  expect(denylistOf(`/name/${toBase32(NAME)}`).ofName(NAME)?.code).toBe("DENIED");
  expect(denylistOf(`/file/${A}`).ofName(NAME)).toBeUndefined();
});

test("an answer's tags are those that its rules would be purged by", () => {
  const empty = denylistOf();
  const tags = (line: string) =>
    [...empty.list.changedTags(denylistOf(line).list)].filter((one) => one !== undefined);
  const meta = { kind: "strong", id: STRONG } as const;
  expect(empty.tagsOf(meta, [])).toEqual(tags(`/file/${A}`));
  expect(empty.tagsOf(meta, ["a", "b"])).toEqual(
    [...tags(`/file/${A}`), ...tags(`/file/${A}/a/b`)],
  );
  expect(empty.nameTagsOf(NAME)).toEqual(tags(`/name/${toBase32(NAME)}`));
  expect(tags(`/file/${A}/*`)).toEqual(tags(`/file/${A}`));
});

test("a rule about one name of an object holds for the others that are known", () => {
  const other = fromHex("bb".repeat(20)) as ChunkId;
  const denylist = denylistOf(`/chunk/${"bb".repeat(20)}`);
  const meta = { kind: "plain", id: KEY } as const;
  expect(denylist.ofPath(meta, [])).toBeUndefined();
  denylist.knowNamesBy((key) => key === KEY ? [other, KEY] : []);
  expect(denylist.ofPath(meta, [])?.code).toBe("DENIED");
  expect(denylist.isDenied([KEY])).toBe(true);
  expect(denylist.tagsOf(meta, ["a"]).length).toBe(4);
});

test("an object refused by two names is refused by either from then on, here or not", () => {
  const other = fromHex("bb".repeat(20)) as ChunkId;
  const link = `/file/${toBase32(STRONG)}`;
  const denylist = denylistOf(link);
  expect(denylist.isDenied([other])).toBe(false);
  expect(codeOf(() => denylist.assertBytes([other, KEY]))).toBe("DENIED");
  for (let i = 0; i < 5_000; i++) { // other objects that are met do not make it forget
    const id = new Uint8Array(20) as ChunkId;
    new DataView(id.buffer).setUint32(0, i);
    expect(denylist.isDenied([id, new Uint8Array(20).fill(1, 0, 4) as ChunkId])).toBe(false);
  }
  expect([other, KEY].map((key) => denylist.isDenied([key]))).toEqual([true, true]);
  denylist.replace({ list: denylistOf("/file/" + "cc".repeat(20)).list, files: [] }, 6);
  expect(denylist.isDenied([other])).toBe(false);
});

test("an answer about an object just met is tagged by both its names", () => {
  const other = fromHex("bb".repeat(20)) as ChunkId;
  const denylist = denylistOf(`/file/${"cc".repeat(20)}`);
  denylist.assertBytes([other, KEY]);
  expect(denylist.tagsOf({ kind: "plain", id: other }, [])).toEqual(
    [...denylist.tagsOf({ kind: "strong", id: STRONG }, [])],
  );
  expect(denylist.tagsOf({ kind: "plain", id: other }, []).length).toBe(2);
});

test("a fault is told beside the list that stays", () => {
  const denylist = denylistOf(`/file/${A}`);
  denylist.noteFault("line 1");
  expect(denylist.status).toMatchObject({ rules: 1, loadedMs: 5, fault: "line 1" });
  denylist.replace({ list: new DenyList(), files: [] }, 6);
  expect(denylist.status).toMatchObject({ rules: 0, loadedMs: 6, fault: undefined });
});
