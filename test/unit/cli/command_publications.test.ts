import type { AdminPublications, UnpublishAnswer } from "../../../src/admin/mod.ts";
import { CliFixture } from "../../support/cli_fixture.ts";
import { FakeAdmin, problem } from "../../support/fake_admin.ts";
import { expect, test } from "../../support/harness.ts";

const META = "a".repeat(40);
const LINK = "a".repeat(52);
const LIST: AdminPublications = {
  publications: [
    { meta: META, link: LINK, name: "si\u001bte", size: 2 ** 20, publishedMs: 1_800_000_000_000 },
  ],
  total: 7,
};
const GONE: UnpublishAnswer = {
  ...{ meta: META, objects: 3, bytes: 2 ** 20, shared: 2, orderEnded: true },
};

function setUp() {
  const fixture = new CliFixture();
  const admin = new FakeAdmin();
  fixture.doors = { ...fixture.doors, fetch: admin.install(fixture.files) };
  admin.json("/v1/publications", LIST);
  admin.json("/v1/unpublish", GONE);
  return { fixture, admin };
}

test("publish list shows when, how large, ids and name, and that there are more", async () => {
  const { fixture } = setUp();
  expect(await fixture.run("publish", "list", "--data=/d")).toBe(0);
  const row = fixture.out.split("\n").find((line) => line.includes(META)) ?? "";
  expect(row.trim().split(/ {2,}/).slice(0, 4))
    .toEqual(["2027-01-15T08:00:00Z", "1.00 MiB", META, LINK]);
  expect(fixture.out).not.toContain("\u001b");
  expect(fixture.err).toContain("the newest 1 of 7");
  const machine = setUp().fixture;
  expect(await machine.run("publish", "list", "--json", "--data=/d")).toBe(0);
  expect(JSON.parse(machine.out)).toEqual(LIST);
});

test("unpublish says what became free, what stays and who keeps it", async () => {
  const { fixture } = setUp();
  expect(await fixture.run("unpublish", LINK, "--data=/d")).toBe(0);
  expect(fixture.out).toContain(`${META} is no longer published here: 3 objects, 1.00 MiB`);
  expect(fixture.out).toContain("2 more stay");
  expect(fixture.out).toContain("values that name it");
  expect(fixture.out).toContain("no more is paid");
  const machine = setUp().fixture;
  expect(await machine.run("unpublish", LINK, "--json", "--data=/d")).toBe(0);
  expect(JSON.parse(machine.out)).toEqual(GONE);
});

test("unpublish refuses what is no id, a path, and what was not published", async () => {
  const { fixture, admin } = setUp();
  expect(await fixture.run("unpublish", "x", "--data=/d")).toBe(2);
  expect(await fixture.run("unpublish", `${LINK}/below`, "--data=/d")).toBe(2);
  expect(fixture.err).toContain("goes as a whole");
  admin.answers.set("/v1/unpublish", () => problem(404, "CHUNK_NOT_FOUND", "did not publish it"));
  expect(await fixture.run("unpublish", META, "--data=/d")).toBe(3);
});

test("an answer that breaks off is told as that, not as a mistake of the program", async () => {
  const { fixture, admin } = setUp();
  admin.answers.set("/v1/unpublish", () => new Response('{"meta":"'));
  expect(await fixture.run("unpublish", META, "--json", "--data=/d")).toBe(1);
  expect(JSON.parse(fixture.out).error.code).toBe("DRAINING");
});
