import { addCacheTags } from "../../../src/gateway/cache_tags.ts";
import type { DenySubject } from "../../../src/node/mod.ts";
import { expect, test } from "../../support/harness.ts";

const PLAIN = "ab".repeat(20);
const LINK = "b".repeat(51) + "a";
const INNER = "c".repeat(51) + "a";

function tagsOf(
  path: string,
  { roots = "", status = 200, hasList = false }: {
    roots?: string;
    status?: number;
    hasList?: boolean;
  } = {},
): string[] {
  const response = new Response(null, { status, headers: { "x-skerry-roots": roots } });
  const denyTagsOf = (what: DenySubject): string[] => {
    if (!hasList) return [];
    return [what.kind === "name" ? "h-name" : `h-${[what.meta.kind, ...what.path].join("/")}`];
  };
  addCacheTags({ denyTagsOf }, path, response);
  const tags = response.headers.get("cache-tag");
  expect(response.headers.get("surrogate-key")?.replaceAll(" ", ",") ?? null).toBe(tags);
  return tags?.split(",") ?? [];
}

test("an answer is tagged by the id in its URL and the link it stands for", () => {
  expect(tagsOf(`/chunk/${PLAIN}`)).toEqual([`c-${PLAIN}`]);
  expect(tagsOf(`/file/${LINK}/a`, { roots: `${LINK},${INNER}` })).toEqual([`m-${LINK}`]);
  expect(tagsOf(`/file/${PLAIN}/`, { roots: LINK })).toEqual([`m-${PLAIN}`, `m-${LINK}`]);
  expect(tagsOf(`/name/${INNER}/a`, { roots: LINK })).toEqual([`p-${INNER}`, `m-${LINK}`]);
});

test("what is kept without bytes is tagged too, what is not kept is not", () => {
  for (const status of [304, 404, 410, 451]) {
    expect(tagsOf(`/file/${LINK}/a`, { status })).toEqual([`m-${LINK}`]);
  }
  for (const status of [400, 412, 416, 429, 500, 503]) {
    expect(tagsOf(`/file/${LINK}/a`, { status })).toEqual([]);
  }
});

test("paths that are about no content have no tags", () => {
  for (const path of ["/", "/healthz", "/chunk/x", "/name/x", "/file/x", "/file/", "//"]) {
    expect([path, tagsOf(path, { status: 404 })]).toEqual([path, []]);
  }
});

test("with a denylist each object on the way is tagged, and what of the path is below", () => {
  expect(tagsOf(`/file/${LINK}/a/b`, { roots: `${LINK},${INNER}`, hasList: true })).toEqual(
    [`m-${LINK}`, "h-strong/a/b", "h-strong/b"],
  );
  expect(tagsOf(`/chunk/${PLAIN}`, { roots: PLAIN, hasList: true })).toEqual(
    [`c-${PLAIN}`, "h-plain"],
  );
  expect(tagsOf(`/name/${INNER}`, { roots: LINK, hasList: true })).toEqual(
    [`p-${INNER}`, `m-${LINK}`, "h-name", "h-strong"],
  );
});
