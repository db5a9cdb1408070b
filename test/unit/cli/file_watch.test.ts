import { FileWatch } from "../../../src/cli/file_watch.ts";
import { SkerryError } from "../../../src/lib/mod.ts";
import { CliFixture } from "../../support/cli_fixture.ts";
import { expect, test } from "../../support/harness.ts";

test("reloads while one waits are one; a fault is told again after a reload", async () => {
  const { clock } = new CliFixture();
  let loads = 0;
  const faults: string[] = [];
  const watch = new FileWatch(
    {
      load: () => {
        loads++;
        return Promise.reject(new SkerryError("FILE_UNREADABLE", "gone"));
      },
      keyOf: String,
      use: () => {},
      tell: () => {},
      notTaken: (message) => void faults.push(message),
    },
    "first",
    clock,
  );
  await Promise.all([watch.reload(), watch.reload(), watch.reload()]);
  expect([loads, faults]).toEqual([1, ["gone"]]);
  clock.advance(1_000);
  for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  expect([loads, faults.length]).toEqual([2, 1]);
  await watch.reload();
  expect([loads, faults.length]).toEqual([3, 2]);
  await watch.stop();
  await watch.reload();
  expect(loads).toBe(3);
});

test("a change is in force when two looks in a row have found it, or when one asks", async () => {
  const { clock } = new CliFixture();
  let held: string | undefined = "all";
  const taken: string[] = [];
  const watch = new FileWatch(
    {
      load: () => {
        if (held === undefined) throw new SkerryError("FILE_UNREADABLE", "gone");
        return Promise.resolve(held);
      },
      keyOf: String,
      use: (text) => void taken.push(text),
      tell: () => {},
      notTaken: () => {},
    },
    "all",
    clock,
  );
  const look = async (text: string | undefined): Promise<void> => {
    held = text;
    clock.advance(1_000);
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
  };
  for (const text of ["ha", "half", "all", "half", undefined, "half", "all"]) await look(text);
  expect(taken).toEqual([]); // never twice in a row, and what is in force is no change
  await look("more");
  await look("more");
  expect(taken).toEqual(["more"]);
  held = "asked";
  await watch.reload();
  expect(taken).toEqual(["more", "asked"]);
  await watch.stop();
});

test("what puts the files in force may say no in words of its own, and they are told", async () => {
  const { clock } = new CliFixture();
  const told: string[] = [];
  const watch = new FileWatch(
    {
      load: () => Promise.resolve("next"),
      keyOf: String,
      use: () => {
        throw new Error("ee key too small");
      },
      tell: () => {},
      notTaken: (message) => void told.push(message),
    },
    "first",
    clock,
  );
  await watch.reload();
  expect(told).toEqual(["Error: ee key too small"]);
  await watch.stop();
});
