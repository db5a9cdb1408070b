import { asChunkId, SkerryError } from "../../../src/lib/mod.ts";
import { DiskHealth } from "../../../src/node/disk_health.ts";
import { describe, expect, test } from "../../support/harness.ts";

function healthWithLog(): { health: DiskHealth; events: unknown[] } {
  const events: unknown[] = [];
  const health = new DiskHealth({
    log: (level, event, fields) => void events.push([level, event, fields]),
  });
  return { health, events };
}

describe("disk health", () => {
  test("a failed disk is remembered, another error is not taken for one", () => {
    const { health } = healthWithLog();
    health.note(new Error("anything"));
    health.note(new SkerryError("STORE_FULL", "full"));
    expect(health.hasFailed).toBe(false);
    health.note(new SkerryError("DISK_FAILED", "input/output error"));
    health.note(new Error("later"));
    expect(health.hasFailed).toBe(true);
  });

  test("bytes that could not be kept are an error in the log, with the id and the reason", () => {
    const { health, events } = healthWithLog();
    health.noteUnkept(asChunkId(new Uint8Array(20).fill(0xab)), new Error("no room"));
    expect(events).toEqual([
      ["error", "keep_failed", { id: "ab".repeat(20), reason: "Error: no room" }],
    ]);
    expect(health.hasFailed).toBe(false);
  });
});
