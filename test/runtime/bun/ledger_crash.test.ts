import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLedgerFileWith } from "../../../src/runtime/shared/ledger_file.ts";
import { workerUrl } from "../../../src/workers.ts";
import { afterAll, beforeAll, expect, test } from "../../support/harness.ts";

const CYCLES = Number(process.env["SKERRY_CRASH_CYCLES"] ?? 4);
const CHILD = new URL("./ledger_crash_child.ts", import.meta.url).pathname;

let folder = "";
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "skerry-ledger-crash-"))));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs the child until it has kept some and is killed. @returns the last number it called kept. */
async function killedRun(path: string, start: bigint, keptMin: number): Promise<bigint> {
  const args = [CHILD, path, String(start)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    if (said.split("\n").length > keptMin) child.kill("SIGKILL");
  });
  await new Promise((ended) => child.stdout.on("close", ended));
  const lines = said.split("\n").slice(0, -1);
  return BigInt(lines.at(-1)?.slice("kept ".length) ?? "-1");
}

test(
  `a receipt called kept survives kill -9, and its balance with it, ${CYCLES} times`,
  async () => {
    const path = join(folder, "ledger.db");
    const open = openLedgerFileWith(() => new Worker(workerUrl("storeOnBun"), { type: "module" }));
    let next = 1n;
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      const kept = await killedRun(path, next, 3 + cycle * 7);
      expect(kept).toBeGreaterThanOrEqual(next);
      const place = { path, networkId: new Uint8Array(4), nowMs: 1 };
      const file = open({ ...place, publicKey: new Uint8Array(32).fill(1) });
      const [account, ...others] = await file.load();
      await file.close();
      expect(others).toEqual([]);
      const held = account?.theirs[0];
      // At most the one that was being written when the kill came is there beyond the last word.
      expect(held?.seq === kept || held?.seq === kept + 1n).toBe(true);
      expect(account?.counts.soldBytes).toBe((held?.seq ?? 0n) * 1_000n);
      expect(held?.bytes[0]).toBe(Number((held?.seq ?? 0n) & 0xffn));
      next = (held?.seq ?? 0n) + 1n;
    }
  },
  CYCLES * 20_000,
);
