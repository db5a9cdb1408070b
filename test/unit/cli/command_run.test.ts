import { CliFixture } from "../../support/cli_fixture.ts";
import { fakeNode } from "../../support/fake_running_node.ts";
import { describe, expect, test } from "../../support/harness.ts";

/** Runs until the node is up, then sends the signal. */
async function runAndStop(fixture: CliFixture, ...argv: string[]): Promise<number> {
  const running = fixture.run("run", "--network=dev", "--data=/d", ...argv);
  await fixture.settled(() => fixture.files.files.has("/d/node.json") && fixture.out !== "");
  fixture.host.signal("SIGTERM");
  return await running;
}

describe("skerry run", () => {
  test("prints its three addresses first and stops in order on a signal", async () => {
    const fixture = new CliFixture();
    const node = fakeNode(fixture);
    expect(await runAndStop(fixture)).toBe(0);
    const lines = fixture.out.split("\n");
    expect(lines[0]).toBe(`listening ${node.info.uri}`);
    expect(lines[1]).toBe("gateway http://127.0.0.1:8080");
    expect(lines[2]).toBe("admin http://127.0.0.1:40000");
    expect(lines[3]).toContain(`--bootstrap ${node.info.uri}`);
    expect(node.stops).toBe(1);
    expect(fixture.files.files.has("/d/node.json")).toBe(false);
    expect(fixture.host.listeners).toBe(0);
    expect(fixture.err).toContain('"event":"stopping"');
    // The lock is free again.
    fixture.doors.openSqlite("/d/node.lock").exec("BEGIN EXCLUSIVE");
  });

  test("--json prints one document", async () => {
    const fixture = new CliFixture();
    const node = fakeNode(fixture);
    await runAndStop(fixture, "--json");
    expect(JSON.parse(fixture.out)).toEqual({
      listening: node.info.uri,
      gateway: "http://127.0.0.1:8080",
      admin: "http://127.0.0.1:40000",
      firstNode: true,
    });
  });

  test("a node that does not end is cut after 10 s, by a second signal at once", async () => {
    const fixture = new CliFixture();
    const node = fakeNode(fixture);
    node.stop = () => new Promise(() => {});
    const running = fixture.run("run", "--network=dev", "--data=/d");
    await fixture.settled(() => fixture.out !== "");
    fixture.host.signal("SIGINT");
    fixture.host.signal("SIGINT");
    expect(fixture.host.exits).toEqual([130]);
    await fixture.settled(() => fixture.clock.pending > 0);
    fixture.clock.advance(9_999);
    await fixture.settled(() => true);
    expect(fixture.err).not.toContain("did not stop");
    fixture.clock.advance(1);
    expect(await running).toBe(1);
    expect(fixture.err).toContain("did not stop within 10 s");
  });

  test("--drain-wait keeps the door open for so long, then 10 s begin", async () => {
    const fixture = new CliFixture();
    const node = fakeNode(fixture);
    const running = fixture.run("run", "--network=dev", "--data=/d", "--drain-wait=20");
    await fixture.settled(() => fixture.out !== "");
    fixture.host.signal("SIGTERM");
    await fixture.settled(() => node.leaves > 0);
    expect(fixture.err).toContain('"within_seconds":30');
    fixture.clock.advance(19_999);
    await fixture.settled(() => true);
    expect([node.leaves, node.stops, fixture.files.files.has("/d/node.json")]).toEqual([
      1,
      0,
      true,
    ]);
    fixture.clock.advance(1);
    expect([await running, node.stops]).toEqual([0, 1]);
  });

  test("SIGHUP has a service read its files again, and ends what a terminal shows", async () => {
    const service = new CliFixture();
    const node = fakeNode(service);
    const running = service.run("run", "--network=dev", "--data=/d");
    service.host.hangUp(); // nothing is there yet that could read
    await service.settled(() => service.out !== "");
    service.host.hangUp();
    expect([node.denylistReloads, node.stops]).toEqual([1, 0]);
    expect(service.err).toContain('"event":"reloading"');
    service.host.signal("SIGTERM");
    expect([await running, service.host.listeners]).toEqual([0, 0]);

    const shown = new CliFixture();
    const other = fakeNode(shown);
    shown.host.stdout.isTerminal = true;
    const closed = shown.run("run", "--network=dev", "--data=/d");
    await shown.settled(() => shown.out !== "");
    for (let i = 0; i < 2; i++) shown.host.hangUp(); // the shell's and the kernel's
    expect(await closed).toBe(0);
    expect([other.denylistReloads, other.stops, shown.host.exits]).toEqual([0, 1, []]);
  });

  test("a misspelled variable is named, and stops nothing", async () => {
    const fixture = new CliFixture();
    fixture.host.environment["SKERRY_HTPP"] = "[::1]:80";
    expect(await fixture.run("run", "--print-config", "--data=/d")).toBe(0);
    expect(fixture.err).toBe("skerry: SKERRY_HTPP is no setting; did you mean SKERRY_HTTP?\n");
  });

  test("--print-config starts nothing and says where each value came from", async () => {
    const fixture = new CliFixture();
    fixture.host.environment = { HOME: "/home/u", SKERRY_LOG_LEVEL: "warn" };
    const argv = ["run", "--print-config", "--data=/d", "--network", "dev"];
    expect(await fixture.run(...argv)).toBe(0);
    expect(fixture.out).toMatch(/^network +dev +--network$/m);
    expect(fixture.out).toMatch(/^log-level +warn +SKERRY_LOG_LEVEL$/m);
    expect(fixture.out).toMatch(/^udp +\[::\]:<chosen at the first run> +default$/m);
    expect(fixture.out).toMatch(/^store-bytes +10GiB +default$/m);
    expect(fixture.files.files.size + fixture.files.directories.size).toBe(0);
    expect(await fixture.run(...argv, "--json")).toBe(0);
    const { settings } = JSON.parse(fixture.out);
    expect(settings[0]).toEqual({ name: "data", value: "/d", from: "--data" });
  });
});
