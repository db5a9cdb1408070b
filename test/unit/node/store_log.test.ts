import { asChunkId, SkerryError } from "../../../src/lib/mod.ts";
import { logStoreEvent } from "../../../src/node/store_log.ts";
import { expect, test } from "../../support/harness.ts";

test("what is lost is an error, what is made room for is not", () => {
  const lines: string[] = [];
  const logger = {
    log: (level: string, event: string, fields = {}) =>
      void lines.push(`${level} ${event} ${JSON.stringify(fields)}`),
  };
  const id = asChunkId(new Uint8Array(20).fill(0xab));
  logStoreEvent({ kind: "chunk_damaged", id, isPinned: true }, logger);
  logStoreEvent({ kind: "chunks_evicted", chunks: 3, diskBytes: 9 }, logger);
  logStoreEvent({ kind: "rows_dropped", rows: 2 }, logger);
  const error = new SkerryError("DISK_FAILED", "EIO at slot 7");
  logStoreEvent({ kind: "maintenance_failed", error }, logger);
  logStoreEvent({ kind: "store_adopted", formerKey: new Uint8Array(32).fill(0xcd) }, logger);
  const adopted = lines.pop() ?? "";
  expect(adopted).toMatch(/^warn store_adopted \{"former_key":"(cd){32}","reason":"identity\.json/);
  expect(lines).toEqual([
    `error chunk_damaged {"id":"${"ab".repeat(20)}","pinned":true}`,
    'info chunks_evicted {"chunks":3,"bytes":9}',
    'error rows_dropped {"rows":2}',
    'error maintenance_failed {"reason":"EIO at slot 7"}',
  ]);
});
