import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

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

/** Serves that page at /page, and what `gateway` serves under `/good/`; under `/evil…/` too, with
 * one bit of it changed. @returns the server and its address. */
export async function doubtedCache(
  gateway: string,
  link: string,
): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    relay(gateway, link, request.url ?? "/", request.headers.range, response)
      .catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

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
