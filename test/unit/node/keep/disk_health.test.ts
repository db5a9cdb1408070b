import { asChunkId, type Instant, SkerryError, type UnixMs } from "../../../../src/lib/mod.ts";
import { DiskHealth } from "../../../../src/node/keep/disk_health.ts";
import { RepeatedLog } from "../../../../src/node/loop/repeated_log.ts";
import type { Logger } from "../../../../src/ports/mod.ts";
import { describe, expect, test } from "../../../support/harness.ts";

function healthWithLog(): { health: DiskHealth; events: unknown[] } {
  const events: unknown[] = [];
  const logger: Logger = {
    log: (level, event, fields) => void events.push([level, event, fields]),
  };
  const health = new DiskHealth(new RepeatedLog(logger, () => 0 as Instant), () => 7 as UnixMs);
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

  test("what was refused is in the status: how often, when last and why", () => {
    const { health } = healthWithLog();
    expect([health.status, health.unkept]).toEqual([undefined, 0]);
    const id = asChunkId(new Uint8Array(20));
    health.noteUnkept(id, new Error("first"));
    health.noteUnkept(id, new SkerryError("STORE_FULL", "Cannot write /d/x: the disk is full"));
    expect(health.status).toEqual(
      { unkept: 2, faultMs: 7, fault: "Cannot write /d/x: the disk is full" },
    );
    health.noteMaintenance(new SkerryError("DISK_FAILED", "EIO"));
    expect(health.status).toEqual({ unkept: 2, faultMs: 7, fault: "EIO" });
  });

  test("the store's own work that fails is logged, and is the disk's where it was the disk", () => {
    const { health, events } = healthWithLog();
    health.noteMaintenance(new SkerryError("STORE_FULL", "the disk is full"));
    expect(health.hasFailed).toBe(false);
    health.noteMaintenance(new SkerryError("DISK_FAILED", "EIO"));
    expect(health.hasFailed).toBe(true);
    expect(events).toEqual([["error", "maintenance_failed", { reason: "the disk is full" }]]);
  });
});
