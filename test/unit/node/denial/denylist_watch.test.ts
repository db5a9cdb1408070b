import type { DenyList } from "../../../../src/deny/mod.ts";
import { Denylist } from "../../../../src/node/denial/denylist.ts";
import { DENYLIST_POLL_MS, DenylistWatch } from "../../../../src/node/denial/denylist_watch.ts";
import type { LogFields } from "../../../../src/ports/mod.ts";
import { VirtualClock } from "../../../sim/virtual_clock.ts";
import { expect, test } from "../../../support/harness.ts";
import { MemoryFiles } from "../../../support/memory_files.ts";

const ONE = `/file/${"aa".repeat(20)}\n`;
const TWO = `${ONE}/file/${"bb".repeat(20)}\n`;

async function watched() {
  const files = new MemoryFiles({ "/deny": ONE });
  const clock = new VirtualClock();
  const denylist = new Denylist();
  const log: [string, LogFields | undefined][] = [];
  const logger = {
    log: (_: string, event: string, fields?: LogFields) => void log.push([event, fields]),
  };
  const watch = new DenylistWatch(denylist, ["/deny"], { localFiles: files, clock, logger });
  const changes: DenyList[] = [];
  await watch.load();
  watch.start((before) => void changes.push(before));
  const polls = (count: number) => clock.advanceSettled(count * DENYLIST_POLL_MS);
  return { files, clock, denylist, log, changes, watch, polls };
}

test("a change is taken up once the file has rested, and told with the list that was", async () => {
  const { files, denylist, log, changes, polls } = await watched();
  await polls(3);
  expect([denylist.status.rules, changes.length]).toEqual([1, 0]);
  files.put("/deny", TWO);
  await polls(1);
  expect(denylist.status.rules).toBe(1); // it may still be written
  await polls(1);
  expect(denylist.status.rules).toBe(2);
  expect(changes.map(({ size }) => size)).toEqual([1]);
  expect(log.map(([event]) => event)).toEqual(["denylist_loaded", "denylist_loaded"]);
  await polls(5);
  expect(changes.length).toBe(1);
});

test("a broken or missing file keeps the old list and is told once", async () => {
  const { files, denylist, log, changes, polls } = await watched();
  for (const breakIt of [() => files.put("/deny", "x\n"), () => files.removeFile("/deny")]) {
    await breakIt();
    await polls(6);
    expect(denylist.status.rules).toBe(1);
    expect(denylist.status.fault).toBeDefined();
  }
  expect(log.filter(([event]) => event === "denylist_refused").length).toBe(2);
  expect(String(log[1]?.[1]?.["message"])).toMatch(/line 1 .*The old list stays in force/);
  files.put("/deny", TWO);
  await polls(2);
  expect([denylist.status.rules, denylist.status.fault]).toEqual([2, undefined]);
  expect(changes.length).toBe(1);
});

test("a link that is turned to another file counts as a change", async () => {
  const { files, denylist, polls } = await watched();
  files.put("/other", TWO);
  files.put("/deny", "-> /other");
  await polls(2);
  expect(denylist.status.rules).toBe(2);
});

test("a node that is given a list it cannot use does not start", async () => {
  const doors = {
    localFiles: new MemoryFiles({ "/deny": "x" }),
    clock: new VirtualClock(),
    logger: { log() {} },
  };
  const watch = new DenylistWatch(new Denylist(), ["/deny"], doors);
  await expect(watch.load()).rejects.toThrow("line 1");
});

test("a reload reads at once, and what looks as before as well", async () => {
  const { files, denylist, log, changes, watch, polls } = await watched();
  files.put("/deny", TWO);
  await watch.reload();
  expect([denylist.status.rules, changes.length]).toEqual([2, 1]);
  await watch.reload();
  expect(log.filter(([event]) => event === "denylist_loaded").length).toBe(3);
  files.put("/deny", "x\n");
  for (let i = 0; i < 2; i++) await watch.reload();
  expect(log.filter(([event]) => event === "denylist_refused").length).toBe(2); // asked twice
  expect(denylist.status.rules).toBe(2);
  files.put("/deny", ONE);
  await polls(2); // and the watch goes on
  expect(denylist.status.rules).toBe(1);
});

test("reloads that overlap leave one timer, and read no more than once each", async () => {
  const { clock, log, watch, polls } = await watched();
  const before = clock.pending;
  await Promise.all([watch.reload(), watch.reload(), watch.reload()]);
  expect(log.filter(([event]) => event === "denylist_loaded").length).toBe(2); // one for all three
  const first = watch.reload();
  await Promise.resolve();
  await Promise.all([first, watch.reload()]);
  expect(log.filter(([event]) => event === "denylist_loaded").length).toBe(4); // it had begun
  expect(clock.pending).toBe(before);
  await polls(3);
  expect(clock.pending).toBe(before);
});

test("nothing is watched after the end", async () => {
  const { files, denylist, watch, polls } = await watched();
  await watch.stop();
  files.put("/deny", TWO);
  await polls(5);
  await watch.reload();
  expect(denylist.status.rules).toBe(1);
});
