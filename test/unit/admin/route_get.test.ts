import { equalBytes, toHex } from "../../../src/lib/mod.ts";
import { sha256 } from "../../../src/crypto/mod.ts";
import { AdminFixture } from "../../support/admin_fixture.ts";
import { testBytes } from "../../support/site_tree.ts";
import { expect, test } from "../../support/harness.ts";

const fixture = new AdminFixture();
const root = `/v1/get/${fixture.meta}`;
const get = (path: string, headers: Record<string, string> = {}, method = "GET") =>
  fixture.ask(`${root}${path}`, { headers, method });

test("a file's bytes, whole and from any place", async () => {
  const whole = await get("/big.bin");
  const bytes = new Uint8Array(await whole.arrayBuffer());
  expect(equalBytes(bytes, testBytes(5 * 2 ** 20 + 3))).toBe(true);
  expect(whole.headers.get("content-length")).toBe(String(5 * 2 ** 20 + 3));
  const rest = await get("/ascii.txt", { range: "bytes=20-" });
  expect([rest.status, await rest.text()]).toEqual([206, "klmnopqrst\n"]);
  expect(rest.headers.get("content-range")).toBe("bytes 20-30/31");
  const past = await get("/ascii.txt", { range: "bytes=31-" });
  expect([past.status, past.headers.get("content-range")]).toEqual([416, "bytes */31"]);
  const stale = await get("/ascii.txt", { range: "bytes=1-2", "if-range": '"other"' });
  expect([stale.status, (await stale.text()).length]).toEqual([200, 31]);
  const head = await get("/ascii.txt", {}, "HEAD");
  expect([head.headers.get("content-length"), head.body]).toEqual(["31", null]);
  expect(await (await get("/empty.txt")).text()).toBe("");
});

test("?format=info tells what a path names", async () => {
  const info = async (path: string) => (await get(`${path}?format=info`)).json();
  const ascii = new TextEncoder().encode("0123456789abcdefghijklmnopqrst\n");
  expect(await info("/ascii.txt")).toMatchObject({
    kind: "file",
    size: 31,
    name: "ascii.txt",
    mime: "",
    fileRoot: toHex(sha256(ascii)),
  });
  expect(await info("/empty.txt")).not.toHaveProperty("fileRoot");
  expect(await info("")).toMatchObject({
    kind: "directory",
    strongId: fixture.meta,
    entryCount: 11,
  });
  const text = "/Portugal%252C+Espa%C3%B1a=Peninsula%20Ib%C3%A9rica.txt";
  expect(await info(text)).toMatchObject({ size: 7 });
});

test("?format=entries pages through a directory", async () => {
  const names = async (query: string) => {
    const { entries } = await (await get(`/sub?format=entries${query}`)).json();
    return entries.map((entry: { name: string }) => entry.name);
  };
  expect(await names("")).toEqual(["a.txt", "b <b>&.txt", "deep"]);
  expect(await names("&start=1&limit=1")).toEqual(["b <b>&.txt"]);
  expect(await names("&start=3")).toEqual([]);
  const { entries } = await (await get("/sub?format=entries&limit=1")).json();
  expect(entries[0].strongId).toMatch(/^[a-z2-7]{52}$/);
});

test("what cannot be is refused with the rule", async () => {
  const refusals: [string, number, string][] = [
    ["", 400, "directory"],
    ["/ascii.txt?format=entries", 400, "no entries"],
    ["/ascii.txt?format=tar", 400, "info or entries"],
    ["/sub?format=entries&limit=1001", 400, "1000"],
    ["/nope", 404, "nope"],
    ["/%2fetc", 400, "slash"],
  ];
  for (const [path, status, word] of refusals) {
    const response = await get(path);
    expect([response.status, (await response.json()).detail]).toEqual([
      status,
      expect.stringContaining(word),
    ]);
  }
  expect((await fixture.ask("/v1/get/xyz")).status).toBe(400);
});

test("a path may be as long as what can be published", async () => {
  const deep = (levels: number): string => Array(levels).fill("n".repeat(255)).join("/");
  expect((await get(`/${deep(15)}?format=info`)).status).toBe(404);
  expect((await get(`/${deep(17)}?format=info`)).status).toBe(400);
});
