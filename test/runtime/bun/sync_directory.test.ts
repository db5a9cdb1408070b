import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { syncDirectory } from "../../../src/runtime/shared/sync_directory.ts";
import { expect, test } from "../../support/harness.ts";

test("a directory is synced, and one that is not there rejects with its code", async () => {
  const path = await mkdtemp(join(tmpdir(), "skerry-sync-"));
  try {
    await syncDirectory(path);
    await expect(syncDirectory(join(path, "none"))).rejects.toMatchObject({ code: "ENOENT" });
  } finally {
    await rm(path, { recursive: true });
  }
});
