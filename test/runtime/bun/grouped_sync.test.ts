import { GroupedSync } from "../../../src/runtime/shared/grouped_sync.ts";
import { describe, expect, test } from "../../support/harness.ts";

interface Running {
  readonly path: string;
  end(error?: Error): void;
}

function fixture(): { readonly grouped: GroupedSync; readonly running: Running[] } {
  const running: Running[] = [];
  const grouped = new GroupedSync((path) =>
    new Promise((resolve, reject) => {
      running.push({ path, end: (error) => error === undefined ? resolve() : reject(error) });
    })
  );
  return { grouped, running };
}

const turns = (): Promise<void> => new Promise(setImmediate);

describe("GroupedSync", () => {
  test("calls during one sync share the next, which begins after them", async () => {
    const { grouped, running } = fixture();
    const done: number[] = [];
    for (let call = 0; call < 32; call++) void grouped.sync("/d").then(() => done.push(call));
    await turns();
    expect(running.length).toBe(1);
    running[0]?.end();
    await turns();
    expect([done, running.length]).toEqual([[0], 2]); // the other 31 began after the first sync
    const late = grouped.sync("/d");
    running[1]?.end();
    await turns();
    expect([done.length, running.length]).toEqual([32, 3]);
    running[2]?.end();
    await late;
    void grouped.sync("/d");
    expect(running.length).toBe(4); // nothing is left over
  });

  test("each path has its own", async () => {
    const { grouped, running } = fixture();
    const both = [grouped.sync("/a"), grouped.sync("/b")];
    expect(running.map(({ path }) => path)).toEqual(["/a", "/b"]);
    for (const { end } of running) end();
    await Promise.all(both);
  });

  test("a sync that fails fails those who share it, and nobody after them", async () => {
    const { grouped, running } = fixture();
    const first = grouped.sync("/d").catch((error: Error) => error.message);
    const second = grouped.sync("/d").then(() => "synced");
    running[0]?.end(new Error("no disk"));
    expect(await first).toBe("no disk");
    await turns();
    running[1]?.end();
    expect(await second).toBe("synced");
  });
});
