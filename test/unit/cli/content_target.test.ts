import { contentPath, parseContentTarget } from "../../../src/cli/content_target.ts";
import { toBase32 } from "../../../src/lib/mod.ts";
import { describe, expect, test } from "../../support/harness.ts";

const meta = "0123456789abcdef0123456789abcdef01234567";
const link = toBase32(new Uint8Array(32).fill(5));

describe("parseContentTarget()", () => {
  test("takes ids, links, paths below them and gateway URLs", () => {
    const paths: [string, string][] = [
      [meta, `/v1/get/${meta}`],
      [link.toUpperCase(), `/v1/get/${link}`],
      [`${link}/a b/ü.txt`, `/v1/get/${link}/a%20b/%C3%BC.txt`],
      [`${link}/a/`, `/v1/get/${link}/a`],
      [`${link}/100%25`, `/v1/get/${link}/100%2525`],
      [`http://127.0.0.1:8080/file/${link}/a%20b?x=1#y`, `/v1/get/${link}/a%20b`],
      [`https://gate.example/file/${meta}`, `/v1/get/${meta}`],
    ];
    for (const [text, path] of paths) expect(contentPath(parseContentTarget(text))).toBe(path);
  });

  test("refuses anything else with the text and the rule", () => {
    for (const text of ["", "hello", meta.slice(1), `/file/${meta}`, "http://h/chunk/x"]) {
      expect(() => parseContentTarget(text)).toThrow("names nothing");
    }
    expect(() => parseContentTarget(`http://h/file/${link}/%ff`)).toThrow("percent-encoded");
  });
});
