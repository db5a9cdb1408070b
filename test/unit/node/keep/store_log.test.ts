import { asChunkId, type Instant, SkerryError, type UnixMs } from "../../../../src/lib/mod.ts";
import { DiskHealth } from "../../../../src/node/keep/disk_health.ts";
import { RepeatedLog } from "../../../../src/node/loop/repeated_log.ts";
import { logStoreEvent } from "../../../../src/node/keep/store_log.ts";
import { expect, test } from "../../../support/harness.ts";

test("what is lost is an error, what is made room for is not", () => {
  const lines: string[] = [];
  const logger = {
    log: (level: string, event: string, fields = {}) =>
      void lines.push(`${level} ${event} ${JSON.stringify(fields)}`),
  };
  const health = new DiskHealth(new RepeatedLog(logger, () => 0 as Instant), () => 0 as UnixMs);
  const id = asChunkId(new Uint8Array(20).fill(0xab));
  logStoreEvent({ kind: "chunk_damaged", id, isPinned: true }, logger, health);
  logStoreEvent({ kind: "chunks_evicted", chunks: 3, diskBytes: 9 }, logger, health);
  logStoreEvent({ kind: "rows_dropped", rows: 2 }, logger, health);
  const error = new SkerryError("DISK_FAILED", "EIO at slot 7");
  logStoreEvent({ kind: "maintenance_failed", error }, logger, health);
  const formerKey = new Uint8Array(32).fill(0xcd);
  logStoreEvent({ kind: "store_adopted", formerKey }, logger, health);
  expect(health.hasFailed).toBe(true);
  const adopted = lines.pop() ?? "";
  expect(adopted).toMatch(/^warn store_adopted \{"former_key":"(cd){32}","reason":"identity\.json/);
  expect(lines).toEqual([
    `error chunk_damaged {"id":"${"ab".repeat(20)}","pinned":true}`,
    'info chunks_evicted {"chunks":3,"bytes":9}',
    'error rows_dropped {"rows":2}',
    'error maintenance_failed {"reason":"EIO at slot 7"}',
  ]);
});
