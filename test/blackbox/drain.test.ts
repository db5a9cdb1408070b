import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { afterAll, describe, expect, test } from "../support/harness.ts";
import { type NodeProcess, scratch, skerryCommand, startNode } from "../support/processes.ts";
import { HttpClient } from "./http_client.ts";

const SLOW = { timeout: 60_000 };
const WAIT_S = 3;
const ROOT = new URL("../..", import.meta.url).pathname;
const DENO = join(ROOT, "node_modules/deno/deno");
const VECTORS = join(ROOT, "test/vectors/tls");
const CERTIFICATE = join(VECTORS, "one_cert.pem");
const TLS = ["--tls-cert", CERTIFICATE, "--tls-key", join(VECTORS, "one_key.pem")];
const ON_DENO = [
  ...[DENO, "run", "--quiet", "--no-check", "--allow-all", "--unstable-net"],
  join(ROOT, "src/main_deno.ts"),
];

/** What a load balancer sees of a node that is told to stop. */
describe("black box: a node that is told to stop", () => {
  const folder = scratch("drain");
  const nodes: NodeProcess[] = [];
  afterAll(async () => {
    await Promise.all(nodes.map((node) => node.kill()));
    folder.remove();
  }, SLOW);
  const start = async (name: string, flags: readonly string[], command: readonly string[]) => {
    const dataDir = join(folder.path, name);
    const node = await startNode({ name, dataDir, flags, command });
    nodes.push(node);
    return node;
  };
  const client = ({ gateway }: NodeProcess) =>
    gateway.startsWith("https:")
      ? new HttpClient(gateway, readFileSync(CERTIFICATE, "utf8"))
      : new HttpClient(gateway);
  const untilDraining = async (http: HttpClient) => {
    while ((await http.get("/readyz")).status === 200) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return await http.get("/readyz");
  };

  const ways = [
    ["alone", [], skerryCommand()],
    ["with two workers", ["--http-workers", "2"], skerryCommand()],
    ["with TLS", TLS, skerryCommand()],
    ...(existsSync(DENO) ? [["on Deno", [], ON_DENO] as const] : []),
  ] as const;
  for (const [name, flags, command] of ways) {
    test(`${name}: /readyz is 503 while all is served on, then the door closes`, async () => {
      const node = await start(name, [...flags, "--drain-wait", String(WAIT_S)], command);
      const http = client(node);
      expect((await http.get("/readyz")).status).toBe(200);
      const startedAt = performance.now();
      const ended = node.stop();
      const told = await untilDraining(http);
      expect([told.status, told.text]).toEqual([503, "draining\n"]);
      expect(told.headers.get("retry-after")).toBe("10");
      expect(told.headers.get("cache-control")).toBe("no-store");
      for (const path of ["/healthz", "/", "/robots.txt"]) {
        expect([path, (await http.get(path)).status]).toEqual([path, 200]);
      }
      expect(await ended).toBe(0);
      const tookMs = performance.now() - startedAt;
      expect(tookMs).toBeGreaterThan(WAIT_S * 1000 - 50);
      expect(tookMs).toBeLessThan(WAIT_S * 1000 + 10_000);
      await expect(http.get("/readyz")).rejects.toThrow("ECONNREFUSED");
    }, SLOW);
  }

  test("a second signal ends it at once", async () => {
    const node = await start("hurried", ["--drain-wait", "60"], skerryCommand());
    const ended = node.stop();
    await untilDraining(client(node));
    const startedAt = performance.now();
    process.kill(node.pid, "SIGTERM");
    expect(await ended).toBe(130);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  }, SLOW);
});
