import { isPagePath, PAGE_FILES, pageFile } from "../../../src/admin/page_files.ts";
import { expect, test } from "../../support/harness.ts";

test("scripts and styles come whole, from memory, with their types", async () => {
  for (const [path, file] of PAGE_FILES) {
    const response = pageFile(file);
    const bytes = await response.bytes();
    expect(response.headers.get("content-length")).toBe(String(bytes.length));
    expect(response.headers.get("content-type")).toMatch(
      path.endsWith(".css") ? /^text\/css/ : /^text\/javascript/,
    );
    expect(isPagePath(path)).toBe(true);
  }
  expect(isPagePath("/v1/status")).toBe(false);
});

test("the page is small, and asks nobody else for anything", () => {
  const texts = [...PAGE_FILES.values()].map(({ text }) => text.replace(/\/\*.*?\*\//gs, ""));
  expect(texts.join("").length).toBeLessThan(64 * 1024);
  for (const text of texts) expect(text).not.toMatch(/@import|url\(|https?:\/\/(?!www\.w3\.org)/);
});
