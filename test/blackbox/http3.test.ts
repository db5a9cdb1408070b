import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeNoise } from "../support/fixture_files.ts";
import { afterAll, beforeAll, describe, expect, test } from "../support/harness.ts";
import { type NodeProcess, runCommand, scratch, skerry, startNode } from "../support/processes.ts";
import { TLS_VECTORS } from "../support/tls_pairs.ts";

const SLOW = { timeout: 60_000 };
const BYTES = 3 * 2 ** 20 + 5;

if (spawnSync("gtlsclient", ["--help"]).error !== undefined) {
  console.warn("no gtlsclient (Debian's ngtcp2-client): HTTP/3 is not asked by a client of others");
} else {
  describe("HTTP/3 at the gateway, asked by gtlsclient", () => {
    const folder = scratch("http3");
    const [cert, key] = [join(folder.path, "cert.pem"), join(folder.path, "key.pem")];
    const file = join(folder.path, "file");
    const flags = ["--tls-cert", cert, "--tls-key", key, "--http3"];
    let node: NodeProcess;
    let link = "";

    /** What gtlsclient tells of an answer, and the bytes of its body. */
    const ask = async (path: string, ...more: string[]) => {
      const { host, port } = new URL(node.gateway);
      const into = mkdtempSync(join(folder.path, "got-"));
      const words = [
        "gtlsclient",
        "--no-quic-dump",
        "--no-http-dump",
        "--exit-on-all-streams-close",
      ];
      const { stdout, stderr } = await runCommand(
        [...words, `--download=${into}`, ...more, "127.0.0.1", port, `https://${host}${path}`],
        { timeoutMs: 30_000 },
      );
      const said = stdout + stderr;
      const field = (name: string): string | undefined =>
        new RegExp(`\\[${name}: ([^\\]]*)\\]`).exec(said)?.[1];
      const [name] = readdirSync(into);
      const body = name === undefined ? new Uint8Array() : readFileSync(join(into, name));
      return { status: Number(field(":status")), field, body, said };
    };

    beforeAll(async () => {
      copyFileSync(join(TLS_VECTORS, "one_cert.pem"), cert);
      copyFileSync(join(TLS_VECTORS, "one_key.pem"), key);
      writeNoise(file, BYTES, 443);
      node = await startNode({ name: "node", dataDir: join(folder.path, "node"), flags });
      const { stdout } = await skerry(node.dataDir, "publish", file, "--json");
      link = JSON.parse(stdout).items[0].link;
    }, SLOW);
    afterAll(async () => {
      await node.stop();
      folder.remove();
    }, SLOW);

    test("it gives the bytes, the head and the errors that the other versions give", async () => {
      const whole = await ask(`/file/${link}`);
      expect([whole.status, whole.field("content-length")]).toEqual([200, String(BYTES)]);
      expect(Buffer.compare(whole.body, readFileSync(file))).toBe(0);
      expect(whole.field("etag")).toContain('"');
      const head = await ask(`/file/${link}`, "--http-method=HEAD");
      expect([head.status, head.field("content-length"), head.body.length])
        .toEqual([200, String(BYTES), 0]);
      expect((await ask(`/file/${link}/none`)).status).toBe(404);
      const put = await ask(`/file/${link}`, "--http-method=PUT");
      expect([put.status, put.field("allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
    });

    test("forty connections one after the other, none of which has to wait", async () => {
      const tookMs: number[] = [];
      for (let i = 0; i < 40; i++) {
        const startedAt = performance.now();
        expect((await ask("/healthz")).status).toBe(200);
        tookMs.push(performance.now() - startedAt);
      }
      // Where a wake-up is lost it takes two seconds (ADR 0198).
      expect(tookMs.filter((ms) => ms > 1_500)).toEqual([]);
    }, SLOW);

    test("many streams of one connection, on a path that loses a packet in twenty", async () => {
      const { said } = await ask("/healthz", "-n", "50", "--rx-loss=0.05", "--tx-loss=0.05");
      expect(said.match(/\[:status: 200\]/g)?.length).toBe(50);
    }, SLOW);

    test("the log has nothing but its own lines", () => {
      const lines = node.log().trim().split("\n");
      expect(lines.filter((line) => /quic|experiment|skerry --/i.test(line))).toEqual([]);
      expect(lines.some((line) => line.includes("tls_certificate"))).toBe(true);
    });

    test("answers by TCP say that it is there", async () => {
      const { port } = new URL(node.gateway);
      const words = ["curl", "--silent", "--insecure", "--head", `${node.gateway}/healthz`];
      const { stdout } = await runCommand(words);
      expect(stdout.toLowerCase()).toContain(`alt-svc: h3=":${port}"; ma=3600`);
    });
  });
}
