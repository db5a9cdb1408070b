import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sha256 } from "../../src/crypto/mod.ts";
import { toBase32, toBase64 } from "../../src/lib/mod.ts";
import { fetchVerified } from "../../src/verifier/mod.ts";
import { expect, test } from "../support/harness.ts";
import { IMMUTABLE } from "./rows_chunk.ts";
import type { Target } from "./target.ts";

/** What a path names, in other forms than its own. */
export function formatRows(target: () => Target): void {
  const root = (): string => `/file/${target().site.link}`;
  const get = (path: string, headers: Record<string, string> = {}) =>
    target().http.get(`${root()}${path}`, headers);

  test("the manifest of a link is what the link is the SHA-256 of", async () => {
    const { body, headers } = await get("?format=manifest");
    expect(toBase32(sha256(body))).toBe(target().site.link);
    expect(headers.get("etag")).toBe(`"${target().site.link}.manifest"`);
    expect(headers.get("cache-control")).toBe(IMMUTABLE);
    expect(headers.get("repr-digest")).toBe(`sha-256=:${toBase64(sha256(body))}:`);
  });

  test("a small file tells its digest, also beside a part of it", async () => {
    const whole = await get("/ascii.txt");
    const digest = `sha-256=:${toBase64(sha256(whole.body))}:`;
    expect(whole.headers.get("repr-digest")).toBe(digest);
    const part = await get("/ascii.txt", { range: "bytes=0-3" });
    expect(part.headers.get("repr-digest")).toBe(digest);
  });

  test("a listing for programs, by URL or by Accept", async () => {
    const named = await get("/sub/?format=json");
    expect(named.headers.has("content-location")).toBe(false);
    expect(named.headers.has("vary")).toBe(false);
    const listing = JSON.parse(named.text);
    expect(listing).toMatchObject({ path: "sub", page: 1, pages: 1, entryCount: 3, size: 3 });
    const [file] = listing.entries;
    expect(file).toMatchObject({ name: "a.txt", kind: "file", size: 1, mime: "text/plain" });
    expect((await target().http.get(`/file/${file.link}`)).text).toBe("a");
    const accepted = await get("/sub/", { accept: "application/json" });
    expect(accepted.text).toBe(named.text);
    expect((await get("/sub/", { accept: "text/html;q=0, */*" })).text).toBe(named.text);
    expect(accepted.headers.get("content-location")).toBe(`${root()}/sub/?format=json`);
    expect(accepted.headers.get("cache-control")).toContain("private");
  });

  test("the verifier proves a part of a file from the link alone", async () => {
    const { site, http } = target();
    const [start, end] = [1_000_000, 2_200_000];
    const range = { start, end };
    const part = await fetchVerified(http.url.origin, site.link, "big.bin", range, http.fetch);
    expect(Buffer.compare(part, site.big.subarray(start, end))).toBe(0);
    const proof = await get("/big.bin?format=proof&bytes=1000000-2199999");
    expect(proof.headers.get("cache-control")).toBe(IMMUTABLE);
    expect((await http.get("/verify.js")).body.length).toBeLessThan(12 * 1024);
  });

  test("a tree as one archive, which tar unpacks to the same tree", async () => {
    const { status, headers, body } = await get("?format=tar");
    expect([status, headers.get("content-type")]).toEqual([200, "application/x-tar"]);
    expect(headers.get("etag")).toBe(`W/"${target().site.link}.x-tar"`);
    const folder = mkdtempSync(join(tmpdir(), "skerry-tar-"));
    try {
      const options = { input: body, cwd: folder };
      const { status, stderr } = spawnSync("tar", ["-xf", "-"], options);
      expect([status, String(stderr)]).toEqual([0, ""]);
      const site = join(folder, target().site.link);
      expect(readFileSync(join(site, "ą/ę/file-źł.txt"), "utf8")).toBe("źł\n");
      expect(Buffer.compare(readFileSync(join(site, "big.bin")), target().site.big)).toBe(0);
      expect(readFileSync(join(site, "Portugal%2C+España=Peninsula Ibérica.txt"), "utf8"))
        .toBe("Iberia\n");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}
