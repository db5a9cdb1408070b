import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PATH_DEPTH_MAX } from "../../src/http/mod.ts";
import { afterAll, beforeAll, describe, expect, test } from "../support/harness.ts";
import type { Tree } from "../support/fake_objects.ts";
import { freePort } from "../support/free_port.ts";
import { ABSENT } from "../support/gateway_fixture.ts";
import { type NodeProcess, scratch, skerry, startNode } from "../support/processes.ts";
import { HttpClient } from "./http_client.ts";
import { type Site, siteOf, writeSite } from "./site.ts";

const SLOW = { timeout: 120_000 };
const DEPLOY = new URL("../../docs/deploy", import.meta.url).pathname;
const MIB = 2 ** 20;
/** Started by root, its workers would be another user, who may not enter a scratch folder. */
const OPTIONS = `daemon off;${process.getuid?.() === 0 ? " user root;" : ""}`;

interface Proxy {
  readonly name: string;
  /** A program and a flag that shows whether it is here. */
  readonly probe: readonly [string, string];
  /** Requests that a whole fetch of big.bin costs the node: its slices, or one. */
  readonly fetches: number;
  /** Makes the cache in `folder` forget all that was asked for by `link`. */
  purge(http: HttpClient, folder: string, link: string): Promise<void>;
  /** Makes it forget what a rule about this URL of the node is about. */
  purgeDenied(http: HttpClient, folder: string, url: string): Promise<void>;
  start(folder: string, port: number, node: string): ChildProcess;
}

const PROXIES: readonly Proxy[] = [{
  name: "nginx",
  probe: ["nginx", "-v"],
  fetches: 6,
  purge: (_http, folder, link) => Promise.resolve(forgetFiles(folder, `m-${link}`)),
  purgeDenied: (_http, folder, url) => Promise.resolve(forgetFiles(folder, url)),
  start(folder, port, node) {
    const text = readFileSync(join(DEPLOY, "nginx.conf"), "utf8")
      .replace("server 127.0.0.1:8080;", `server ${node};`)
      .replace("listen 127.0.0.1:8081;", `listen 127.0.0.1:${port};`);
    writeFileSync(join(folder, "nginx.conf"), text);
    mkdirSync(join(folder, "temp"));
    return spawn("nginx", ["-p", folder, "-c", join(folder, "nginx.conf"), "-g", OPTIONS]);
  },
}, {
  name: "Varnish",
  probe: ["varnishd", "-V"],
  fetches: 1,
  purge: async (http, _folder, link) => {
    const ban = await http.ask("/", { method: "BAN", headers: { "cache-tag": "x-other" } });
    expect(ban.status).toBe(400);
    await postTags(http, [`h-${"0".repeat(32)}`, `m-${link}`]);
  },
  purgeDenied: async (http, _folder, url) => {
    const { headers } = await fetch(url, { method: "HEAD" });
    const tags = headers.get("cache-tag")?.split(",") ?? [];
    await postTags(http, tags.filter((tag) => tag.startsWith("h-")));
  },
  start(folder, port, node) {
    const text = readFileSync(join(DEPLOY, "default.vcl"), "utf8")
      .replace('.port = "8080"', `.port = "${node.split(":")[1]}"`);
    writeFileSync(join(folder, "default.vcl"), text);
    const memory = ["-s", "malloc,64m", "-n", join(folder, "work")];
    const where = ["-a", `127.0.0.1:${port}`, "-f", join(folder, "default.vcl")];
    return spawn("varnishd", ["-F", "-j", "none", ...where, ...memory]);
  },
}];

/** G28 of the black-box list: the examples under docs/deploy, started as they are but for ports. */
for (const proxy of PROXIES) {
  if (spawnSync(proxy.probe[0], [proxy.probe[1]]).error !== undefined) {
    console.warn(`no ${proxy.probe[0]}: its example is not tried`);
    continue;
  }
  describe(`G28 behind ${proxy.name}`, () => {
    const folder = scratch("proxy");
    let node: NodeProcess, site: Site, front: ChildProcess, http: HttpClient;
    let said = "";

    beforeAll(async () => {
      const denylist = join(folder.path, "denylist"); // makes answers carry a tag for each level
      writeFileSync(denylist, `/file/${"f".repeat(40)}\n`);
      const flags = ["--trusted-proxy", "127.0.0.1/32", "--denylist", denylist];
      node = await startNode({ name: "node", dataDir: join(folder.path, "node"), flags });
      const path = join(folder.path, "site");
      writeSite(path);
      site = await siteOf(path);
      expect((await skerry(node.dataDir, "publish", path)).code).toBe(0);
      const port = await freePort();
      front = proxy.start(folder.path, port, new URL(node.gateway).host);
      front.stderr?.on("data", (text) => said += String(text));
      http = new HttpClient(`http://127.0.0.1:${port}`);
      for (let i = 0;; i++) {
        const status = await http.get("/healthz").then(({ status }) => status, () => 0);
        if (status === 200) break;
        if (i > 200) throw new Error(`${proxy.name} does not answer: ${said}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }, SLOW);
    afterAll(async () => {
      front.kill("SIGTERM");
      await new Promise((resolve) => front.once("exit", resolve));
      await node.stop();
      folder.remove();
    }, SLOW);
    const file = (path: string): string => `/file/${site.link}/${path}`;

    test("a range is right, and what was fetched for it is not fetched again", async () => {
      const before = await answered(node);
      for (let i = 0; i < 3; i++) {
        const part = await http.get(file("big.bin"), { range: `bytes=${MIB}-${MIB + 9}` });
        expect([part.status, part.headers.get("content-range")])
          .toEqual([206, `bytes ${MIB}-${MIB + 9}/${site.big.length}`]);
        expect(Buffer.compare(part.body, site.big.subarray(MIB, MIB + 10))).toBe(0);
      }
      expect(await answered(node) - before).toBe(1);
    }, SLOW);

    test("each chunk comes once, however often and in whatever pieces it is read", async () => {
      const path = `/file/${site.meta}/big.bin`; // not in the cache yet under this name
      const before = await answered(node);
      const readers = await Promise.all(Array.from({ length: 8 }, () => http.get(path)));
      for (const whole of readers) {
        expect([whole.status, whole.isWhole]).toEqual([200, true]);
        expect(Buffer.compare(whole.body, site.big)).toBe(0);
      }
      for (const [start, end] of [[0, 10], [MIB - 5, MIB + 5], [2 * MIB, 5 * MIB + 3]] as const) {
        const part = await http.get(path, { range: `bytes=${start}-${end - 1}` });
        expect(part.status).toBe(206);
        expect(Buffer.compare(part.body, site.big.subarray(start, end))).toBe(0);
      }
      expect(await answered(node) - before).toBe(proxy.fetches);
    }, SLOW);

    test("pages, small and empty files, redirects and 404 pass as they are", async () => {
      expect((await http.get(file(""))).text).toContain("Hello");
      expect((await http.get(file("ascii.txt"))).body.length).toBe(31);
      const empty = await http.get(file("empty.txt"));
      expect([empty.status, empty.body.length]).toEqual([200, 0]);
      const moved = await http.get(file("sub"));
      expect([moved.status, moved.headers.get("location")]).toEqual([301, file("sub/")]);
      expect((await http.get(file("nope"))).status).toBe(404);
      const etag = (await http.get(file("ascii.txt"))).headers.get("etag") ?? "";
      const known = await http.get(file("ascii.txt"), { "if-none-match": etag });
      expect(known.status).toBe(304);
    }, SLOW);

    test("the deepest path with long names passes, whatever its tags and roots take", async () => {
      const names = Array.from({ length: PATH_DEPTH_MAX }, (_, i) => "ł".repeat(30) + i);
      const nested = names.reduceRight<Tree | string>((below, name) => ({ [name]: below }), "deep");
      const deep = join(folder.path, "deep");
      writeSite(deep, nested as Tree);
      expect((await skerry(node.dataDir, "publish", deep)).code).toBe(0);
      const { link } = await siteOf(deep);
      const path = `/file/${link}/${names.map(encodeURIComponent).join("/")}`;
      for (const cached of ["MISS", "HIT"]) {
        const { status, text, headers } = await http.get(path);
        expect([status, text, headers.get("x-cache")]).toEqual([200, "deep", cached]);
        expect(headers.get("cache-tag")?.match(/h-/g)?.length).toBeGreaterThan(4 * PATH_DEPTH_MAX);
      }
    }, SLOW);

    test("no odd spelling of a URL leaves its answer in the plain one's place", async () => {
      const json = file("json/t.json");
      const chunk = site.chunks[1] ?? "";
      const digit = (chunk.charCodeAt(0)).toString(16);
      const pairs: readonly [odd: string, plain: string, type: string][] = [
        [`/file//${site.link}/json/t.json`, json, "application/json"],
        [`/${json}?download=true`, `${json}?download=true`, "application/json"],
        [`/%66ile/${site.link}/sub/`, file("sub/"), "text/html"],
        [`/file/x%2f..%2f${site.link}/picture.svg`, file("picture.svg"), "image/svg+xml"],
        [`/chunk/%${digit}${chunk.slice(1)}`, `/chunk/${chunk}`, "application/octet-stream"],
        [`${file("ascii.txt")}?%66ormat=tar`, file("ascii.txt"), "text/plain"],
        [`${file("sub/")}?FORMAT=json`, `${file("sub/")}?format=json`, "application/json"],
        [`${file("")}?format=&format=json`, `${file("")}?format=json`, "application/json"],
      ];
      for (const [odd, plain, type] of pairs) {
        await http.get(odd);
        const { status, headers } = await http.get(plain);
        expect([plain, status]).toEqual([plain, 200]);
        expect(headers.get("content-type")).toStartWith(type);
      }
    }, SLOW);

    test("an error of the network is asked about again, not kept", async () => {
      const before = await answered(node);
      for (let i = 0; i < 3; i++) expect((await http.get(`/file/${ABSENT}/`)).status).toBe(503);
      expect(await answered(node) - before).toBe(3);
    }, SLOW);

    test("the cache forgets what it is told to", async () => {
      const path = file("hello.txt");
      await http.get(path);
      const before = await answered(node);
      expect((await http.get(path)).headers.get("x-cache")).toBe("HIT");
      expect(await answered(node)).toBe(before);
      await proxy.purge(http, folder.path, site.link);
      expect((await http.get(path)).text).toBe("hello\n");
      expect(await answered(node)).toBe(before + 1);
    }, SLOW);

    test("what is denied and purged is gone in every slice and under every spelling", async () => {
      const listed = JSON.parse((await http.get(`${file("")}?format=json`)).text);
      const { link } = listed.entries.find(({ name }: { name: string }) => name === "big.bin");
      const big = file("big.bin");
      const last = `bytes=${5 * MIB}-${5 * MIB + 9}`;
      const copies: [path: string, headers: Record<string, string>][] = [
        [big, {}],
        [big, { range: last }],
        [big, { range: last, host: "other.example" }],
        [`${big}?filename=x`, { range: last }],
        [`${big}?download=true`, {}],
        [`/file/${link}`, { range: last }],
      ];
      const statuses = async (): Promise<number[]> => {
        const answers = await Promise.all(copies.map(([path, head]) => http.get(path, head)));
        return answers.map(({ status }) => status);
      };
      expect(await statuses()).toEqual([200, 206, 206, 206, 200, 206]);

      writeFileSync(join(folder.path, "denylist"), `/file/${link} gateway_status=451\n`);
      const origin = `${node.gateway}/file/${link}`;
      while ((await fetch(origin)).status !== 451) await new Promise((r) => setTimeout(r, 50));
      expect(await statuses()).toEqual([200, 206, 206, 206, 200, 206]); // they know nothing of it
      await proxy.purgeDenied(http, folder.path, origin);
      expect(await statuses()).toEqual(copies.map(() => 451));
      expect((await http.get(file("hello.txt"))).status).toBe(200);
    }, SLOW);
  });
}

/** docs/deploy/nginx-purge.sh, as operators call it. @param what a tag, or a URL of the node. */
function forgetFiles(folder: string, what: string): void {
  const words = [join(DEPLOY, "nginx-purge.sh"), join(folder, "cache"), what];
  const { status, stdout, stderr } = spawnSync("sh", words, { encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/^[1-9][0-9]* copies forgotten\n$/);
}

/** As a node's --purge-url does. */
async function postTags(http: HttpClient, tags: readonly string[]): Promise<void> {
  const headers = { "cache-tag": tags.join(","), "content-length": "0" };
  expect((await http.ask("/", { method: "POST", headers })).status).toBe(200);
}

/** Answers about content that the node's gateway has given. */
async function answered(node: NodeProcess): Promise<number> {
  const { adminToken } = JSON.parse(readFileSync(join(node.dataDir, "node.json"), "utf8"));
  const headers = { authorization: `Bearer ${adminToken}` };
  const text = await (await fetch(`${node.admin}/metrics`, { headers })).text();
  let sum = 0;
  for (const [, count] of text.matchAll(/^skerry_http_requests_total\{route="file".*\} (\d+)$/gm)) {
    sum += Number(count);
  }
  return sum;
}
