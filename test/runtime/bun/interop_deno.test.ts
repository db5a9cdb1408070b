import { createHash, randomBytes } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "../../support/harness.ts";
import {
  type NodeProcess,
  runCommand,
  scratch,
  SOURCE_COMMAND,
  startNode,
} from "../../support/processes.ts";

const ROOT = new URL("../../..", import.meta.url).pathname;
/** Not .bin/deno: that is a script which passes no signal on to the program. */
const DENO = join(ROOT, "node_modules/deno/deno");
const TASK = [DENO, "task", "--quiet", "--config", join(ROOT, "deno.json")];
const DENO_SOURCE = [
  ...[DENO, "run", "--quiet", "--no-check", "--allow-all", "--unstable-net"],
  join(ROOT, "src/main_deno.ts"),
];
const FILE_BYTES = 6 * 2 ** 20 + 4711;
const SLOW = { timeout: 120_000 };

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

if (existsSync(DENO)) {
  describe("a Bun node and a Deno node of one network", () => {
    const folder = scratch("interop");
    const running: NodeProcess[] = [];
    let bun: NodeProcess, deno: NodeProcess;

    beforeAll(async () => {
      const start = async (
        name: string,
        command: readonly string[],
        bootstrap: readonly string[],
      ): Promise<NodeProcess> => {
        const dataDir = join(folder.path, name);
        const node = await startNode({ name, command, bootstrap, dataDir, startupMs: 60_000 });
        running.push(node);
        return node;
      };
      bun = await start("bun", SOURCE_COMMAND, []);
      deno = await start("deno", TASK, [bun.uri]); // `deno task run`, as a user starts it
    }, SLOW);
    afterAll(async () => {
      await Promise.all(running.map((node) => node.stop()));
      folder.remove();
    }, SLOW);

    /** Publishes random bytes on one node, by its own command line, and fetches them from the
     * other's gateway. */
    const carry = async (
      from: NodeProcess,
      command: readonly string[],
      to: NodeProcess,
    ): Promise<void> => {
      const bytes = randomBytes(FILE_BYTES);
      const path = join(folder.path, `${from.name}.bin`);
      writeFileSync(path, bytes);
      const words = ["publish", path, "--wait", "1", "--json", "--data", from.dataDir];
      const published = await runCommand([...command, ...words]);
      expect([published.code, published.stderr]).toEqual([0, ""]);
      const [item] = JSON.parse(published.stdout).items;
      expect(item).toMatchObject({ size: FILE_BYTES, chunks: 7, holders: 1 });
      const answer = await fetch(`${to.gateway}/file/${item.link}`);
      expect(answer.status).toBe(200);
      expect(sha256(new Uint8Array(await answer.arrayBuffer()))).toBe(sha256(bytes));
    };

    test("what Bun publishes, Deno's gateway serves", () => carry(bun, SOURCE_COMMAND, deno), SLOW);

    test("what Deno publishes, Bun's gateway serves", () => carry(deno, DENO_SOURCE, bun), SLOW);

    test("each says on which runtime it runs", async () => {
      for (const [name, command] of [["bun", SOURCE_COMMAND], ["deno", DENO_SOURCE]] as const) {
        const { stdout } = await runCommand([...command, "version", "--json"]);
        expect(JSON.parse(stdout).runtime).toStartWith(name);
      }
    }, SLOW);

    test("SIGTERM ends the Deno node in order, its task with it", async () => {
      const started = Date.now();
      expect(await deno.stop()).toBe(0);
      expect(Date.now() - started).toBeLessThan(10_000);
      await expect(fetch(`${deno.gateway}/healthz`)).rejects.toThrow();
      const again = await startNode({ ...deno, command: DENO_SOURCE, bootstrap: [bun.uri] });
      running.push(again); // the lock on its data is free
      expect(again.uri).toBe(
        deno.uri.replace(/:\d+$/, again.uri.slice(again.uri.lastIndexOf(":"))),
      );
    }, SLOW);
  });
} else {
  console.warn(`no Deno at ${DENO} (is it made for this machine?): Bun with Deno is left out`);
}
