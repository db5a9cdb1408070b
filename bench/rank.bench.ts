/** What the search for a rank takes of a processor at several duties, how often it tries, and how
 * late the thread beside it is. Run: make bench-rank (SECONDS=n for each row) */
import process from "node:process";
import { networkOf } from "../src/identity/mod.ts";
import { SkerryError } from "../src/lib/mod.ts";
import { createWorkPool } from "../src/runtime/shared/work_pool.ts";
import { workerUrl } from "../src/workers.ts";
import { quantile, report } from "./report.ts";

const SECONDS = Number(process.env["SECONDS"] ?? 10);
const DUTIES_PERCENT = [0, 10, 50, 100];
const TICK_MS = 5;
/** More than anybody finds. */
const TARGET_BITS = 63;

for (const percent of DUTIES_PERCENT) {
  const row = await measure(percent);
  report(`rank.duty_${percent}_cpu`, "% of a processor", [row.cpuPercent]);
  report(`rank.duty_${percent}_tries`, "1/s", [row.triesPerSecond]);
  report(`rank.duty_${percent}_late_p99`, "ms", [row.lateMs]);
}

/** One search for so many seconds; the thread that it runs beside has nothing else to do. */
async function measure(percent: number) {
  const pool = createWorkPool({ workerUrl: workerUrl("work"), threads: 1 });
  const { rankPuzzle } = networkOf("main");
  const publicKey = new Uint8Array(32);
  await pool.evaluate(rankPuzzle, publicKey, 0n); // the thread is there
  const late: number[] = [];
  let dueAt = performance.now() + TICK_MS;
  const ticker = setInterval(() => {
    const now = performance.now();
    late.push(Math.max(0, now - dueAt));
    dueAt = now + TICK_MS;
  }, TICK_MS);
  const [cpu, start] = [process.cpuUsage(), performance.now()];
  const stop = AbortSignal.timeout(SECONDS * 1000);
  let tries = 0;
  if (percent === 0) await new Promise((resolve) => stop.addEventListener("abort", resolve));
  else {
    const job = { puzzle: rankPuzzle, publicKey, startNonce: 0n, targetBits: TARGET_BITS };
    const search = { ...job, share: percent / 100 };
    await pool.mine(search, (progress) => void (tries = progress.tries), stop).catch((error) => {
      if (!(error instanceof SkerryError)) throw error;
    });
  }
  const { user, system } = process.cpuUsage(cpu);
  const elapsedMs = performance.now() - start;
  clearInterval(ticker);
  await pool.close();
  return {
    cpuPercent: (user + system) / 10 / elapsedMs,
    triesPerSecond: tries / elapsedMs * 1000,
    lateMs: quantile(late.sort((a, b) => a - b), 0.99),
  };
}
