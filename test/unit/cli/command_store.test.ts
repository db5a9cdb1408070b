import type { StoreEarner } from "../../../src/node/mod.ts";
import { CliFixture } from "../../support/cli_fixture.ts";
import { FakeAdmin } from "../../support/fake_admin.ts";
import { describe, expect, test } from "../../support/harness.ts";

const earner = (digit: string, more: Partial<StoreEarner> = {}): StoreEarner => ({
  ...{ id: digit.repeat(40), bytes: 2 ** 20, pinned: false, hosted: false, served: true },
  ...{ lastUsedMs: 0, distanceBits: 157, priceCb: 3 * 2 ** 20, readIntervalSeconds: 5_400 },
  ...{ cbPerDay: 50_331_648.4, score: -3.25 },
  ...more,
});
const EARNERS = [
  earner("1"),
  earner("2", { pinned: true, cbPerDay: 900, readIntervalSeconds: 90 }),
  earner("3", { hosted: true, cbPerDay: 5, readIntervalSeconds: 4 * 86_400 }),
  earner("4", { served: false, distanceBits: 160, priceCb: 0, cbPerDay: 0, score: -70 }),
  earner("5", { cbPerDay: 0.001, readIntervalSeconds: 1e12 }),
];

function setUp() {
  const fixture = new CliFixture();
  const admin = new FakeAdmin();
  fixture.doors = { ...fixture.doors, fetch: admin.install(fixture.files) };
  const entries = [
    { id: "1".repeat(40), bytes: 10, pinned: false, lastUsedMs: 0 },
    { id: "2".repeat(40), bytes: 20, pinned: true, lastUsedMs: 86_400_000 },
  ];
  admin.json("/v1/store?limit=100", { entries });
  admin.json("/v1/store?limit=5", { entries });
  admin.json("/v1/store?by=revenue&limit=100", { entries: EARNERS });
  return fixture;
}

describe("skerry store", () => {
  test("lists what was used last, with a limit", async () => {
    const fixture = setUp();
    expect(await fixture.run("store", "--data=/d", "--sort=bytes")).toBe(0);
    const lines = fixture.out.trim().split("\n");
    expect(lines[1]).toBe(`${"2".repeat(40)}     20  pinned  1970-01-02T00:00:00Z`);
    expect(await fixture.run("store", "--data=/d", "--limit=5", "--json")).toBe(0);
    expect(JSON.parse(fixture.out).entries.length).toBe(2);
  });

  test("by revenue shows price, interval, return and whether it is served", async () => {
    const fixture = setUp();
    expect(await fixture.run("store", "--data=/d", "--by=revenue")).toBe(0);
    const cells = fixture.out.trim().split("\n").map((line) => line.split(/ {2,}/).slice(2, 8));
    expect(cells).toEqual([
      ["KEPT", "DISTANCE", "PRICE", "READ EVERY", "CB/DAY", "SCORE"],
      ["cached", "157", "3145728", "90 min", "50331648", "-3.3"],
      ["pinned", "157", "3145728", "90 s", "900", "-3.3"],
      ["hosted", "157", "3145728", "4 d", "5", "-3.3"],
      ["not served", "160", "0", "90 min", "0", "-70.0"],
      ["cached", "157", "3145728", "never", "0", "-3.3"],
    ]);
    expect(await fixture.run("store", "--data=/d", "--by=revenue", "--json")).toBe(0);
    expect(JSON.parse(fixture.out)).toEqual({ entries: EARNERS });
    await fixture.run("store", "--data=/d", "--by=revenue", "--sort=score");
    expect(fixture.out.trim().split("\n").at(-1)).toContain("not served");
  });

  test("by anything else is a wrong usage; without a node it is 4", async () => {
    expect(await setUp().run("store", "--data=/d", "--by=luck")).toBe(2);
    const fixture = new CliFixture();
    expect(await fixture.run("store", "--data=/d")).toBe(4);
    expect(fixture.err).toContain("No node runs on /d");
  });
});
