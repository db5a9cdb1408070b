import type { PlacementReport } from "../../../src/node/mod.ts";
import { CliFixture } from "../../support/cli_fixture.ts";
import { FakeAdmin, problem } from "../../support/fake_admin.ts";
import { expect, test } from "../../support/harness.ts";

const META = "a".repeat(40);
const holder = {
  publicKey: "c".repeat(64),
  address: "192.0.2.1:4000",
  state: "holds" as const,
  priceCb: "262144",
  untilMs: 1_800_000_000_000,
  provenMs: 1_799_000_000_000,
};
const REPORT: PlacementReport = {
  ...{ meta: META, hosts: 2, weeks: 4, budgetCb: "5000000", spentCb: "524288" },
  objects: [
    { id: "d".repeat(40), bytes: 2 ** 20, holding: 1, holders: [holder] },
    { id: "e".repeat(40), bytes: 300, holding: 0, holders: [] },
  ],
  alarms: ["2 of 2 objects have fewer than 2 holders, the worst of them 0"],
};

function setUp() {
  const fixture = new CliFixture();
  const admin = new FakeAdmin();
  fixture.doors = { ...fixture.doors, fetch: admin.install(fixture.files) };
  admin.json(`/v1/placement/${META}`, REPORT);
  admin.answers.set("/v1/placement/x", () => problem(400, "INVALID_ID", "it is no id"));
  const none = () => problem(404, "CHUNK_NOT_FOUND", "no hosts were ordered");
  admin.answers.set(`/v1/placement/${"0".repeat(40)}`, none);
  return fixture;
}

test("who holds what, since when, until when, at what price", async () => {
  const fixture = setUp();
  expect(await fixture.run("publish", "status", META, "--data=/d")).toBe(0);
  expect(fixture.out).toContain("2 hosts for 4 weeks at a time");
  expect(fixture.out).toContain("524288 of 5000000 cb");
  expect(fixture.out).toContain("2 of 2 objects have fewer than 2 holders");
  const row = fixture.out.split("\n").find((line) => line.startsWith("dddd")) ?? "";
  expect(row.trim().split(/ {2,}/)).toEqual([
    ...["d".repeat(16), "1.00 MiB", "1/2", "c".repeat(16), "192.0.2.1:4000", "holds"],
    ...["2027-01-03T18:13:20Z", "2027-01-15T08:00:00Z", "262144 cb"],
  ]);
  expect(fixture.out).toMatch(/eeee +300 B +0\/2 +-\n/);
});

test("as JSON it is the report; what was never ordered is not found", async () => {
  const fixture = setUp();
  expect(await fixture.run("publish", "status", META, "--json", "--data=/d")).toBe(0);
  expect(JSON.parse(fixture.out)).toEqual(REPORT);
  const other = setUp();
  expect(await other.run("publish", "status", "0".repeat(40), "--data=/d")).toBe(3);
  expect(other.err).toContain("no hosts were ordered");
  expect(await other.run("publish", "status", "x", "--data=/d")).toBe(2);
});
