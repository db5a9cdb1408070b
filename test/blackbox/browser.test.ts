import { spawnSync } from "node:child_process";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "../support/harness.ts";
import { type NodeProcess, runCommand, scratch, skerry, startNode } from "../support/processes.ts";
import { type Site, siteOf, writeSite } from "./site.ts";

const CHROMIUM = ["chromium", "chromium-browser", "google-chrome"].find((name) =>
  spawnSync(name, ["--version"]).status === 0
);
const SLOW = { timeout: 120_000 };

/** What a reader's page does: takes /verify.js from where it trusts it, bytes from whom it does
 * not, and writes down what came of it. */
const pageOf = (link: string): string =>
  `<!doctype html><title>reader</title><pre></pre>
<script type="module">
import { fetchVerified } from "/good/verify.js";
const hex = async (bytes) => Array.from(
  new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)),
  (byte) => byte.toString(16).padStart(2, "0"),
).join("");
const told = {};
for (const [name, base, path, range] of [
  ["whole", "good", "big.bin", {}],
  ["part", "good", "big.bin", { start: 1000000, end: 3000000 }],
  ["small", "good", "ascii.txt", { start: 6, end: 17 }],
  ["deep", "good", "ą/ę/file-źł.txt", {}],
  ["flipped", "evil", "big.bin", { start: 1000000, end: 3000000 }],
  ["proof", "evil-proof", "big.bin", {}],
  ["manifest", "evil-manifest", "ascii.txt", {}],
  ["missing", "good", "nope.txt", {}],
]) {
  told[name] = await fetchVerified(location.origin + "/" + base, "${link}", path, range)
    .then(hex, (error) => "refused: " + error.message);
}
document.querySelector("pre").textContent = JSON.stringify(told);
</script>`;

if (CHROMIUM === undefined) {
  console.warn("no chromium: the verifier is not tried in a real browser");
} else {
  describe("a page in a real browser behind a cache that it does not trust", () => {
    const folder = scratch("browser");
    let node: NodeProcess, site: Site, server: Server;

    beforeAll(async () => {
      node = await startNode({ name: "node", dataDir: join(folder.path, "node") });
      const path = join(folder.path, "site");
      writeSite(path);
      site = await siteOf(path);
      expect((await skerry(node.dataDir, "publish", path)).code).toBe(0);
      server = createServer((request, response) => {
        relay(node.gateway, site.link, request.url ?? "/", request.headers.range, response)
          .catch(() => response.destroy());
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    }, SLOW);
    afterAll(async () => {
      server.close();
      await node.stop();
      folder.remove();
    }, SLOW);

    test(
      "takes the right bytes, of whole files and of parts, and refuses one flipped bit",
      async () => {
        const { port } = server.address() as AddressInfo;
        const { stdout } = await runCommand([
          ...[CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
          ...[`--user-data-dir=${join(folder.path, "profile")}`, "--virtual-time-budget=60000"],
          ...["--dump-dom", `http://127.0.0.1:${port}/page`],
        ], { timeoutMs: 90_000 });
        const told = JSON.parse(/<pre>(.*)<\/pre>/s.exec(stdout)?.[1] ?? `"${stdout}"`);
        const sha256 = (bytes: Uint8Array | string): string =>
          new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
        expect(told).toMatchObject({
          whole: sha256(site.big),
          part: sha256(site.big.subarray(1_000_000, 3_000_000)),
          small: sha256("6789abcdefg"),
          deep: sha256("źł\n"),
        });
        expect(told.flipped).toMatch(/^refused: bytes .* are not what the link names$/);
        expect(told.proof).toMatch(/^refused: bytes .* are not what the link names$/);
        expect(told.manifest).toMatch(/^refused: the manifest of .* is another one$/);
        expect(told.missing).toMatch(/^refused: .* has no entry "nope.txt"$/);
      },
      SLOW,
    );
  });
}

/** A cache before the gateway that changes one bit of what it was told to under `/evil…/`. */
async function relay(
  gateway: string,
  link: string,
  target: string,
  range: string | undefined,
  response: ServerResponse,
): Promise<void> {
  const [, who = "", rest = ""] = /^\/([a-z-]+)(\/.*)?$/.exec(target) ?? [];
  if (who === "page") {
    response.setHeader("content-type", "text/html; charset=utf-8");
    return void response.end(pageOf(link));
  }
  const answer = await fetch(gateway + rest, range === undefined ? {} : { headers: { range } });
  const body = await answer.bytes();
  const isOf = (format: string): boolean => rest.includes(`format=${format}`);
  const isChanged = (who === "evil" && !rest.includes("format=")) ||
    (who === "evil-proof" && isOf("proof")) || (who === "evil-manifest" && isOf("manifest"));
  // Of JSON one letter of the first hash, of anything else the lowest bit of a byte in its midst.
  if (isChanged && isOf("proof")) {
    const at = new TextDecoder().decode(body).indexOf('"sliceHashes":"') + 20;
    body[at] = body[at] === 0x41 ? 0x42 : 0x41;
  } else if (isChanged) {
    body[body.length >> 1] = (body[body.length >> 1] ?? 0) ^ 1;
  }
  response.writeHead(answer.status, {
    "content-type": answer.headers.get("content-type") ?? "application/octet-stream",
    "content-length": body.length,
  });
  response.end(body);
}
