import { siteTree } from "../support/site_tree.ts";
import { expect, test } from "../support/harness.ts";
import { IMMUTABLE, multipartOf } from "./rows_chunk.ts";
import type { Target } from "./target.ts";

const ASCII = "0123456789abcdefghijklmnopqrst\n";
const GENERATED = "public, max-age=604800, stale-while-revalidate=2678400";

/** G08 to G15, G18 and G20 of the black-box list: files and directories by path. */
export function fileRows(target: () => Target): void {
  const root = (): string => `/file/${target().site.link}`;
  const get = (path: string, headers: Record<string, string> = {}) =>
    target().http.get(`${root()}${path}`, headers);
  const ascii = (headers: Record<string, string>) => get("/ascii.txt", headers);

  test("G08 a directory is its index.html, behind a slash", async () => {
    const moved = await get("");
    expect([moved.status, moved.headers.get("location")]).toEqual([301, `${root()}/`]);
    const { status, text, headers } = await get("/");
    expect([status, text]).toEqual([200, String(siteTree()["index.html"])]);
    expect(headers.get("content-type")).toStartWith("text/html");
    expect(headers.get("cache-control")).toBe(IMMUTABLE);
    expect(headers.get("etag")).toBe(`"${target().site.link}"`);
  });

  test("G09 a directory without one is a listing, fresh for a week", async () => {
    const { status, headers } = await get("/sub/");
    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe(GENERATED);
    const etag = headers.get("etag") ?? "";
    expect(etag).toStartWith('"DirIndex-');
    for (const asked of [etag, `W/${etag}`]) {
      const { status, headers: kept } = await get("/sub/", { "if-none-match": asked });
      expect([status, kept.get("etag"), kept.get("cache-control")]).toEqual([304, etag, GENERATED]);
    }
  });

  test("G10 a listing leads up only where there is an up, and escapes each name once", async () => {
    const { text } = await get("/sub/");
    expect(text).toContain('href="../"');
    expect(text).toContain('href="./b%20%3Cb%3E%26.txt"');
    expect(text).toContain("b &lt;b&gt;&amp;.txt");
    expect(text).not.toContain("<b>");
    const roots = (await get("/sub/")).headers.get("x-skerry-roots")?.split(",") ?? [];
    const alone = await target().http.get(`/file/${roots.at(-1)}/`);
    expect(alone.status).toBe(200);
    expect(alone.text).not.toContain('href="../"');
  });

  test("G11 a deeper directory keeps its spelling when it moves behind a slash", async () => {
    const { status, headers } = await get("/%C4%85/%C4%99");
    expect([status, headers.get("location")]).toEqual([301, `${root()}/%C4%85/%C4%99/`]);
  });

  test("G12 a missing entry is named, and forgotten soon", async () => {
    const { status, text, headers } = await get("/json/i-do-not-exist");
    expect(status).toBe(404);
    expect(text).toContain("i-do-not-exist");
    expect(Number(/max-age=(\d+)/.exec(headers.get("cache-control") ?? "")?.[1]))
      .toBeLessThanOrEqual(60);
  });

  test("G13 ranges of a file", async () => {
    expect((await ascii({})).headers.get("accept-ranges")).toBe("bytes");
    const middle = await ascii({ range: "bytes=6-16" });
    expect([middle.status, middle.text]).toEqual([206, ASCII.slice(6, 17)]);
    const suffix = await ascii({ range: "bytes=-3" });
    expect([suffix.text, suffix.headers.get("content-range")]).toEqual(["st\n", "bytes 28-30/31"]);
    const outside = await ascii({ range: "bytes=99-" });
    expect([outside.status, outside.headers.get("content-range")]).toEqual([416, "bytes */31"]);
    const other = await ascii({ range: "lines=1-2" });
    expect([other.status, other.text]).toEqual([200, ASCII]);
    // Two parts of 31 bytes cost more than the whole, which answers both (RFC 9110 §14.2).
    expect((await ascii({ range: "bytes=6-16,0-4" })).text).toBe(ASCII);
    const big = await get("/big.bin", { range: "bytes=1048570-1048580,0-4" });
    expect(big.status).toBe(206);
    expect(multipartOf(big).map(({ start, bytes }) => [start, bytes.length]))
      .toEqual([[1_048_570, 11], [0, 5]]);
  });

  test("G14 If-None-Match: exact, third in a list, weak and star are 304", async () => {
    const etag = (await ascii({})).headers.get("etag") ?? "";
    for (const asked of [etag, `"a", "b", ${etag}`, `W/${etag}`, "*"]) {
      const { status, headers, body } = await ascii({ "if-none-match": asked });
      expect([status, body.length, headers.has("content-length")]).toEqual([304, 0, false]);
      expect([headers.get("etag"), headers.get("cache-control")]).toEqual([etag, IMMUTABLE]);
    }
    expect((await ascii({ "if-none-match": '"other"' })).status).toBe(200);
  });

  test("G14 If-Match comes first, also where the URL alone would answer 304", async () => {
    const { link } = target().site;
    const form = `"${link}.manifest"`;
    for (const [path, etag] of [["/", `"${link}"`], ["/?format=manifest", form]] as const) {
      const ask = async (ifMatch: string) =>
        (await get(path, { "if-match": ifMatch, "if-none-match": etag })).status;
      expect([await ask('"other"'), await ask(etag), await ask("*")]).toEqual([412, 304, 304]);
    }
  });

  test("G15 If-Range: the tag lets the range through, a stale or weak one does not", async () => {
    const etag = (await ascii({})).headers.get("etag") ?? "";
    const ask = async (ifRange: string) => {
      const { status, body } = await ascii({ range: "bytes=0-3", "if-range": ifRange });
      return [status, body.length];
    };
    expect(await ask(etag)).toEqual([206, 4]);
    expect(await ask('"stale"')).toEqual([200, 31]);
    expect(await ask(`W/${etag}`)).toEqual([200, 31]);
  });

  test("If-Match: another tag is 412, so that nobody takes the rest of another file", async () => {
    const etag = (await ascii({})).headers.get("etag") ?? "";
    const ask = async (ifMatch: string) => {
      const { status, headers } = await ascii({ range: "bytes=0-3", "if-match": ifMatch });
      return [status, headers.get("content-range") ?? ""];
    };
    expect(await ask(etag)).toEqual([206, "bytes 0-3/31"]);
    expect(await ask("*")).toEqual([206, "bytes 0-3/31"]);
    for (const other of ['"stale"', `W/${etag}`]) expect(await ask(other)).toEqual([412, ""]);
  });

  test("text is UTF-8 where its publisher has not said otherwise", async () => {
    const { headers } = await get("/%C4%85/%C4%99/file-%C5%BA%C5%82.txt");
    expect(headers.get("content-type")).toBe("text/plain; charset=utf-8");
  });

  test("G18 odd names resolve, and no spelling leaves the manifest", async () => {
    const odd = await get("/Portugal%252C+Espa%C3%B1a=Peninsula%20Ib%C3%A9rica.txt");
    expect([odd.status, odd.text]).toEqual([200, "Iberia\n"]);
    const deep = await get("/%C4%85/%C4%99/file-%C5%BA%C5%82.txt");
    expect([deep.status, deep.text]).toEqual([200, "źł\n"]);
    const up = ["/sub/%2e%2e/ascii.txt", "/sub/../ascii.txt", "/sub%5c..%5cascii.txt", "/%00"];
    for (const path of [...up, "/sub/..%2fascii.txt", "/../../etc/passwd"]) {
      expect((await get(path)).status).toBe(400);
    }
    const twice = await get("/sub/%252e%252e/ascii.txt"); // a name of its own, once decoded
    expect([twice.status, twice.text.includes("%2e%2e")]).toEqual([404, true]);
  });

  test("G20 a type by its name, whatever is accepted; raw has none; others are 406", async () => {
    for (const headers of [{}, { accept: "application/json" }]) {
      const { text, headers: given } = await get("/json/t.json", headers);
      expect([text, given.get("content-type")]).toEqual(['{"a":1}', "application/json"]);
    }
    const raw = await get("/json/t.json?format=raw", { accept: "application/json" });
    expect([raw.text, raw.headers.get("content-type")])
      .toEqual(['{"a":1}', "application/octet-stream"]);
    expect(raw.headers.get("etag")).toEndWith('.raw"');
    expect(raw.headers.get("cache-control")).toBe(IMMUTABLE);
    expect((await get("/json/t.json?format=car")).status).toBe(406);
  });

  test("names and dispositions are the reader's to choose", async () => {
    const { headers } = await get("/ascii.txt?download=true&filename=test%D1%82%D0%B5.tar");
    expect(headers.get("content-disposition"))
      .toBe("attachment; filename=\"test__.tar\"; filename*=UTF-8''test%D1%82%D0%B5.tar");
    const injected = await get("/ascii.txt?filename=a%0d%0aX-Evil:%201%22%2f..%2fb");
    expect(injected.headers.has("x-evil")).toBe(false);
    expect(injected.headers.get("content-disposition")).toContain('filename="aX-Evil: 1..b"');
  });

  test("a file has one tag and one length under every name it goes by", async () => {
    const { meta } = target().site;
    const [strong, plain] = [await ascii({}), await target().http.get(`/file/${meta}/ascii.txt`)];
    expect(plain.headers.get("etag")).toBe(strong.headers.get("etag") ?? "");
    expect(strong.headers.get("content-length")).toBe("31");
    expect(strong.headers.has("transfer-encoding")).toBe(false);
    expect(strong.headers.get("cache-tag")).toStartWith(`m-${target().site.link}`);
  });
}
