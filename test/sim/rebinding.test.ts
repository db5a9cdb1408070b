import { expect, test } from "../support/harness.ts";
import { UploadWorld } from "../support/upload_world.ts";

const REBIND_MS = 20_000;

/** A download over two minutes whose NAT gives it another place every 20 s.
 * @returns bytes received in each of the six spans. */
async function download(place: (turn: number) => [string, number]): Promise<number[]> {
  const world = new UploadWorld(1, {
    delay: { kind: "fixed", ms: 20 },
    bytesPerSecond: 100_000,
    queueBytes: 50_000,
  });
  const it = world.download("10.0.0.1");
  const spans: number[] = [];
  for (let turn = 1; turn <= 6; turn++) {
    spans.push((await world.run(REBIND_MS, [it]))[0] ?? 0);
    it.node.moveTo(...place(turn));
  }
  expect(it.node.ofKind("closed")).toEqual([]);
  return spans;
}

test("a NAT that rebinds the port every 20 s does not stop a download", async () => {
  const spans = await download((turn) => ["10.0.0.1", 5_000 + turn]);
  for (const bytes of spans) expect(bytes).toBeGreaterThan(0.6 * 100_000 * REBIND_MS / 1_000);
}, 120_000);

test("nor does another IP every 20 s", async () => {
  const spans = await download((turn) => [`10.0.0.${turn + 1}`, 4_001]);
  for (const bytes of spans) expect(bytes).toBeGreaterThan(0.4 * 100_000 * REBIND_MS / 1_000);
}, 120_000);
