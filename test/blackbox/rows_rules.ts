import { ABSENT } from "../support/gateway_fixture.ts";
import { expect, test } from "../support/harness.ts";
import { comparable } from "./rows_chunk.ts";
import type { Target } from "./target.ts";

const fields = (text: string | undefined): string[] =>
  (text ?? "").split(",").map((one) => one.trim()).filter((one) => one !== "").sort();

/** G17, G19, G26 and G27 of the black-box list: what holds for every request. */
export function ruleRows(target: () => Target): void {
  const root = (): string => `/file/${target().site.link}`;
  const get = (path: string, headers: Record<string, string> = {}) =>
    target().http.get(path, headers);

  test("G17 only-if-cached: what is held is 200, what is not 412, at once", async () => {
    const onlyIfCached = { "cache-control": "only-if-cached" };
    const chunk = `/chunk/${target().site.chunks[0]}`;
    await get(chunk);
    for (const method of ["GET", "HEAD"]) {
      const ask = (path: string) => target().http.ask(path, { method, headers: onlyIfCached });
      expect((await ask(chunk)).status).toBe(200);
      for (const path of [`/chunk/${ABSENT}`, `/file/${ABSENT}/`]) {
        const { status, headers } = await ask(path);
        expect([status, headers.get("cache-control")]).toEqual([412, "no-store"]);
      }
    }
  });

  test("G19 CORS is the same for every origin", async () => {
    const path = `${root()}/ascii.txt`;
    const preflight = { origin: "https://a.example", "access-control-request-method": "GET" };
    const { status, headers } = await target().http.ask(path, {
      method: "OPTIONS",
      headers: preflight,
    });
    expect(status).toBe(204);
    expect(headers.get("access-control-allow-origin")).toBe("*");
    expect(fields(headers.get("access-control-allow-methods"))).toEqual(["GET", "HEAD", "OPTIONS"]);
    expect(fields(headers.get("access-control-allow-headers"))).toEqual(
      ["Content-Type", "If-None-Match", "Range", "User-Agent", "X-Requested-With"],
    );
    expect(headers.get("access-control-max-age")).toBe("86400");
    const [a, b] = [
      await get(path, { origin: "https://a.example" }),
      await get(path, { origin: "https://b.example" }),
    ];
    expect(comparable(a)).toEqual(comparable(b));
    expect(a.headers.get("access-control-allow-origin")).toBe("*");
    const exposed = fields(a.headers.get("access-control-expose-headers"));
    for (const name of ["Content-Length", "Content-Range", "ETag", "X-Skerry-Roots"]) {
      expect(exposed).toContain(name);
    }
    expect([a.headers.has("vary"), a.headers.has("set-cookie")]).toEqual([false, false]);
  });

  test("G26 nothing is written here, and no service worker settles above a page", async () => {
    for (const method of ["POST", "PUT", "DELETE", "PATCH"]) {
      const { status, headers } = await target().http.ask(`${root()}/`, { method });
      expect([status, headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
    }
    for (const path of [root(), `${root()}/ascii.txt`]) {
      const { status, headers } = await get(path, { "service-worker": "script" });
      expect([status, headers.get("cache-control")]).toEqual([400, "no-store"]);
    }
  });

  test("G27 markup is sandboxed under /file/, and nothing else is", async () => {
    for (const path of ["/", "/index.html", "/picture.svg"]) {
      const { headers } = await get(root() + path);
      expect(headers.get("content-security-policy")).toStartWith("sandbox");
    }
    const { headers } = await get(`${root()}/ascii.txt`);
    expect(headers.has("content-security-policy")).toBe(false);
  });

  test("G27 a name that is not the gateway's is 421; each link has its own origin", async () => {
    const { http, site } = target();
    if (!isLoopbackUrl(http.url)) return; // elsewhere its operator chooses the names
    const port = http.url.port;
    for (const host of [`evil.example:${port}`, "evil.example", `localhost.evil.example:${port}`]) {
      const { status, headers } = await get(`${root()}/`, { host });
      expect([status, headers.get("cache-control")]).toEqual([421, "no-store"]);
    }
    const host = `${site.link}.localhost:${port}`;
    for (const path of ["/", "/picture.svg"]) {
      const { status, headers } = await get(path, { host });
      expect([status, headers.has("content-security-policy")]).toEqual([200, false]);
    }
    const moved = await get("/sub?x=1", { host });
    expect([moved.status, moved.headers.get("location")]).toEqual([301, "/sub/?x=1"]);
    expect((await get("/index.html", { host, "service-worker": "script" })).status).toBe(200);
    const alike = await get("/ascii.txt", { host });
    expect(alike.headers.get("etag")).toBe(
      (await get(`${root()}/ascii.txt`)).headers.get("etag") ?? "",
    );
  });

  test("headers of safety stand on every answer", async () => {
    const paths = [`${root()}/ascii.txt`, `${root()}/nope`, "/", "/nowhere", `/chunk/${ABSENT}x`];
    for (const path of paths) {
      const { headers } = await get(path);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("cross-origin-resource-policy")).toBe("cross-origin");
      expect(headers.get("permissions-policy")).toContain("camera=()");
      expect(headers.get("access-control-allow-origin")).toBe("*");
      expect(headers.has("set-cookie")).toBe(false);
      expect(Math.abs(Date.parse(headers.get("date") ?? "") - Date.now())).toBeLessThan(600_000);
    }
  });

  test("an error is a page only for who accepts one, and never tells of the inside", async () => {
    const ask = (accept: string) => get(`${root()}/nope`, { accept });
    expect((await ask("text/html,*/*")).headers.get("content-type")).toStartWith("text/html");
    const json = await ask("*/*");
    expect(json.headers.get("content-type")).toStartWith("application/problem+json");
    expect(JSON.parse(json.text)).toMatchObject({ status: 404 });
    const refused = await ask("text/html;q=0, */*");
    expect(refused.headers.get("content-type")).toStartWith("application/problem+json");
  });

  test("an odd spelling is kept by nobody, and asks for nothing", async () => {
    const { link } = target().site;
    for (const path of [`/file//${link}/ascii.txt`, `//file/${link}/`, `/%66ile/${link}/`]) {
      const { status, headers } = await get(path);
      expect([path, status >= 400, headers.get("cache-control")]).toEqual([path, true, "no-store"]);
    }
    const { headers } = await get(`${root()}/ascii.txt?%66ormat=tar`);
    expect(headers.get("content-type")).toStartWith("text/plain");
  });

  test("a long URL is 414, and health is told", async () => {
    expect((await get(`/${"a".repeat(9_000)}`)).status).toBe(414);
    expect((await get("/healthz")).status).toBe(200);
    const ready = await get("/readyz");
    expect([ready.status, ready.headers.get("cache-control")]).toEqual([200, "no-store"]);
    expect((await get("/robots.txt")).text).toContain("Disallow: /");
  });
}

function isLoopbackUrl({ hostname }: URL): boolean {
  return hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
}
