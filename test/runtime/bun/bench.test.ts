import { LOOPBACK_DEFAULTS, measureLoopback } from "../../../src/bench/mod.ts";
import { systemClock } from "../../../src/runtime/shared/clock.ts";
import { processHost } from "../../../src/runtime/shared/process_host.ts";
import { expect, test } from "../../support/harness.ts";

const MAIN = new URL("../../../src/main_bun.ts", import.meta.url).pathname;
const SMALL = { ...LOOPBACK_DEFAULTS, chunks: 24, warmUpChunks: 4, isVerified: true };

/** Starts processes of the program from its source, as it does itself. */
function spawnFromSource() {
  const own = process.argv[1] ?? "";
  process.argv[1] = MAIN;
  const { spawnOwn } = processHost();
  return { spawnOwn, restore: () => void (process.argv[1] = own) };
}

for (
  const [name, change] of Object.entries({
    "with the kernel's help": {},
    "portably": { isPortable: true },
    "in large packets": { datagramBytes: 8_952 },
  })
) {
  test(`two processes move verified chunks over loopback ${name}`, async () => {
    const { spawnOwn, restore } = spawnFromSource();
    try {
      const figures = await measureLoopback(systemClock, spawnOwn, { ...SMALL, ...change });
      expect(figures.megabytesPerSecond).toBeGreaterThan(0);
      const { datagramBytes } = { ...SMALL, ...change };
      expect(figures.packets).toBeGreaterThan(24 * 2 ** 20 / datagramBytes);
    } finally {
      restore();
    }
  }, 60_000);
}

test("an end whose parent has gone ends by itself", async () => {
  const end = Bun.spawn([process.execPath, MAIN, "bench", "--serve", JSON.stringify(SMALL)], {
    stdin: "pipe",
    stdout: "pipe",
  });
  const reader = end.stdout.getReader();
  await reader.read(); // it listens
  end.stdin.end();
  expect(await end.exited).toBe(1);
}, 60_000);
