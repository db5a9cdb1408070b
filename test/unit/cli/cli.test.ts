import { CliFixture } from "../../support/cli_fixture.ts";
import { expect, test } from "../../support/harness.ts";

test("help goes to stdout with 0, wrong usage to stderr with 2", async () => {
  const fixture = new CliFixture();
  expect(await fixture.run("--help")).toBe(0);
  expect(fixture.out).toContain("Usage: skerry");
  expect(await fixture.run("run", "--hpt", "x")).toBe(2);
  expect(fixture.err).toBe('skerry: unknown flag "--hpt"; did you mean --http?\n');
  expect(fixture.out).toBe("");
  expect(await fixture.run()).toBe(2);
});

test("with --json wrong usage is a document too", async () => {
  const fixture = new CliFixture();
  for (
    const argv of [["nonsense", "--json"], ["store", "--json", "--limit=0"], ["get", "--json"]]
  ) {
    expect(await fixture.run(...argv)).toBe(2);
    const { error } = JSON.parse(fixture.out);
    expect([error.code, fixture.err]).toEqual(["INVALID_CONFIG", `skerry: ${error.message}\n`]);
  }
  fixture.host.environment["SKERRY_JSON"] = "1";
  await fixture.run("nonsense");
  expect(JSON.parse(fixture.out).error.message).toContain("unknown command");
});

test("wrong settings are 2, each fault on a line", async () => {
  const fixture = new CliFixture();
  expect(await fixture.run("run", "--udp=x", "--store-bytes=1")).toBe(2);
  expect(fixture.err.trim().split("\n").length).toBe(2);
  expect(await fixture.run("run", "--http=0.0.0.0:80")).toBe(2);
  expect(fixture.err).toContain("--serve");
});

test("a fault of ours is reported, not thrown", async () => {
  const fixture = new CliFixture();
  const broken = () => Promise.reject(new TypeError("boom"));
  fixture.doors = { ...fixture.doors, systemFacts: broken };
  expect(await fixture.run("doctor", "--data=/d")).toBe(1);
  expect(fixture.err).toBe("skerry: internal error, please report it: TypeError: boom\n");
});
