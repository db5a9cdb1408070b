import { runId } from "../../../src/cli/command_id.ts";
import { CliFixture } from "../../support/cli_fixture.ts";
import { describe, expect, test } from "../../support/harness.ts";

describe("skerry id", () => {
  test("creates the identity, then shows the same one", async () => {
    const fixture = new CliFixture();
    expect(await fixture.run("id", "--network", "dev", "--data", "/d", "--json")).toBe(0);
    const first = JSON.parse(fixture.out);
    expect(Object.keys(first)).toEqual([
      "publicKey",
      "publicKeyText",
      "nodeId",
      "rank",
      "network",
    ]);
    expect(first.publicKey).toMatch(/^[0-9a-f]{64}$/);
    expect(first.publicKeyText).toMatch(/^[a-z2-7]{52}$/);
    expect(first.nodeId).toMatch(/^[0-9a-f]{40}$/);
    // The directory knows its network: no flag is needed again.
    expect(await fixture.run("id", "--data", "/d")).toBe(0);
    for (const value of [first.publicKey, first.publicKeyText, first.nodeId, "dev"]) {
      expect(fixture.out).toContain(value);
    }
    expect(fixture.err).toBe("");
  });

  test("--target-rank searches until it is reached", async () => {
    const fixture = new CliFixture();
    const argv = ["id", "--network=dev", "--data=/d", "--target-rank=6", "--json"];
    expect(await fixture.run(...argv)).toBe(0);
    expect(JSON.parse(fixture.out).rank).toBeGreaterThanOrEqual(6);
  });

  test("on a terminal the search is told on stderr, and the line is cleared", async () => {
    const fixture = new CliFixture();
    fixture.host.stderr.isTerminal = true;
    await fixture.run("id", "--network=dev", "--data=/d", "--target-rank=6");
    expect(fixture.err).toContain("rank 6: ");
    expect(fixture.err.endsWith("\r\u001b[2K")).toBe(true);
  });

  test("an interrupt stops it with 130 and keeps what was found", async () => {
    const fixture = new CliFixture();
    const context = { host: fixture.host, doors: fixture.doors };
    const flags = { network: "dev", data: "/d" };
    const { workPool } = fixture.doors;
    const doors = {
      ...context.doors,
      workPool: {
        ...workPool,
        mine: ((job, onProgress, signal) =>
          workPool.mine(job, (progress) => {
            onProgress(progress);
            fixture.host.signal("SIGINT");
          }, signal)) as typeof workPool.mine,
      },
    };
    const request = { command: "id", targetRank: 60 } as const;
    await fixture.run("id", "--network=dev", "--data=/d");
    const stopped = runId({ host: fixture.host, doors }, request, flags).catch((e: unknown) => e);
    expect(String(await stopped)).toContain("the same command goes on from here");
    expect(fixture.files.text("/d/identity.json")).toContain('"tries": 64');
    fixture.doors = doors;
    expect(await fixture.run("id", "--data=/d", "--target-rank=60")).toBe(130);
  });

  test("two searches on one directory are refused; showing needs no lock", async () => {
    const fixture = new CliFixture();
    await fixture.run("id", "--network=dev", "--data=/d");
    fixture.doors.openSqlite("/d/identity.lock").exec("BEGIN EXCLUSIVE");
    expect(await fixture.run("id", "--data=/d")).toBe(0);
    expect(await fixture.run("id", "--data=/d", "--target-rank=9")).toBe(1);
    expect(fixture.err).toContain("The data directory /d is in use: another skerry");
  });

  test("the wrong network and a damaged file are said in one sentence", async () => {
    const fixture = new CliFixture();
    await fixture.run("id", "--network=dev", "--data=/d");
    expect(await fixture.run("id", "--network=main", "--data=/d")).toBe(1);
    expect(fixture.err).toContain("belongs to network dev, not main");
    fixture.files.set("/d/identity.json", "{");
    expect(await fixture.run("id", "--data=/d", "--json")).toBe(1);
    expect(JSON.parse(fixture.out).error.code).toBe("IDENTITY_DAMAGED");
    expect(fixture.err.trim().split("\n").length).toBe(1);
  });
});
