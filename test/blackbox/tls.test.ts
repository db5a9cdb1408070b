import { spawnSync } from "node:child_process";
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeNoise } from "../support/fixture_files.ts";
import { afterAll, beforeAll, describe, expect, test } from "../support/harness.ts";
import { type NodeProcess, runCommand, scratch, skerry, startNode } from "../support/processes.ts";
import { TLS_VECTORS } from "../support/tls_pairs.ts";

const SLOW = { timeout: 60_000 };
const BYTES = 3 * 2 ** 20 + 5;

if (spawnSync("curl", ["--version"]).error !== undefined) {
  console.warn("no curl: TLS at the gateway is not tried");
} else {
  describe("TLS at the gateway, asked by curl", () => {
    const folder = scratch("tls");
    const [cert, key] = [join(folder.path, "cert.pem"), join(folder.path, "key.pem")];
    const file = join(folder.path, "file");
    let node: NodeProcess;
    let link = "";

    const use = (name: "one" | "two"): void => {
      copyFileSync(join(TLS_VECTORS, `${name}_cert.pem`), cert);
      copyFileSync(join(TLS_VECTORS, `${name}_key.pem`), key);
    };
    /** What curl prints of an answer whose certificate it has proven to be `name`'s. */
    const curl = async (name: "one" | "two", path: string, ...flags: string[]) => {
      const ca = join(TLS_VECTORS, `${name}_cert.pem`);
      const out = join(folder.path, "out");
      const format = "%{exitcode} %{http_code} %{http_version} %{size_download}";
      const words = ["curl", "--silent", "--cacert", ca, "--output", out, "--write-out", format];
      const { stdout } = await runCommand([...words, ...flags, `${node.gateway}${path}`]);
      return { said: stdout, out };
    };

    beforeAll(async () => {
      use("one");
      writeNoise(file, BYTES, 443);
      const flags = ["--tls-cert", cert, "--tls-key", key];
      node = await startNode({ name: "node", dataDir: join(folder.path, "node"), flags });
      const { stdout } = await skerry(node.dataDir, "publish", file, "--json");
      link = JSON.parse(stdout).items[0].link;
    }, SLOW);
    afterAll(async () => {
      await node.stop();
      folder.remove();
    }, SLOW);

    test("HTTP/2 and HTTP/1.1 give the same bytes, whole and in part", async () => {
      expect(node.gateway.startsWith("https://127.0.0.1:")).toBe(true);
      const whole = readFileSync(file);
      for (const [flag, version] of [["--http2", "2"], ["--http1.1", "1.1"]] as const) {
        const all = await curl("one", `/file/${link}`, flag);
        expect(all.said).toBe(`0 200 ${version} ${BYTES}`);
        expect(Buffer.compare(readFileSync(all.out), whole)).toBe(0);
        const part = await curl("one", `/file/${link}`, flag, "--range", "1048570-1048585");
        expect(part.said).toBe(`0 206 ${version} 16`);
        expect(Buffer.compare(readFileSync(part.out), whole.subarray(1048570, 1048586))).toBe(0);
        expect((await curl("one", `/file/${link}`, flag, "--head")).said)
          .toBe(`0 200 ${version} 0`);
        expect((await curl("one", "/chunk/zz", flag)).said).toMatch(
          new RegExp(`^0 400 ${version} `),
        );
        expect((await curl("one", "/", flag, "--request", "POST")).said)
          .toMatch(new RegExp(`^0 405 ${version} `));
        const foreign = await curl("one", "/", flag, "--header", "Host: example.net");
        expect(foreign.said).toMatch(new RegExp(`^0 421 ${version} `));
      }
    }, SLOW);

    test("a renewed certificate is taken while it runs, and the key is in no log", async () => {
      expect((await curl("two", "/healthz")).said).toMatch(/^60 /); // it proves another one
      use("two");
      const deadline = Date.now() + 20_000;
      while (!(await curl("two", "/healthz")).said.startsWith("0 200 2 ")) {
        if (Date.now() > deadline) throw new Error(node.log());
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
      expect(node.log()).toContain("two.example");
      expect(node.log()).not.toContain("PRIVATE KEY");
    }, SLOW);
  });
}
