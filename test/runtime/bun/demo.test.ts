import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { expect, test } from "../../support/harness.ts";

const ROOT = new URL("../../..", import.meta.url).pathname;

test("make demo ONCE=1 fetches the same bytes through a third node, and leaves nothing", () => {
  const leftovers = (): string[] =>
    readdirSync(tmpdir()).filter((name) => name.startsWith("skerry-demo-")).sort();
  const before = leftovers();
  const made = spawnSync("make", ["demo", "ONCE=1"], { cwd: ROOT, encoding: "utf8" });
  expect([made.status, made.status === 0 ? "" : made.stdout + made.stderr]).toEqual([0, ""]);
  expect(made.stdout.match(/ {2}same$/gm)?.length).toBe(3);
  const files = /^(\d+) of (\d+) files of docs\/ are the same$/m.exec(made.stdout);
  expect(files?.[1]).toBe(files?.[2] as string);
  expect(Number(files?.[1])).toBeGreaterThan(10);
  expect(leftovers()).toEqual(before);
}, 180_000);
