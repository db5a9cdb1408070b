import { SkerryError } from "../../../src/lib/mod.ts";
import { CliFixture } from "../../support/cli_fixture.ts";
import { describe, expect, test } from "../../support/harness.ts";

interface Row {
  name: string;
  result: string;
  found: string;
  advice?: string;
}
async function rows(fixture: CliFixture, ...argv: string[]): Promise<[number, Row[]]> {
  const code = await fixture.run("doctor", "--data", "/d", "--json", ...argv);
  return [code, JSON.parse(fixture.out).checks];
}
const named = (checks: Row[], name: string) => checks.find((check) => check.name === name);

describe("skerry doctor", () => {
  test("before the first run: all is well, nothing is written", async () => {
    const fixture = new CliFixture();
    const [code, checks] = await rows(fixture);
    expect(code).toBe(0);
    expect(checks.map(({ name }) => name)).toEqual([
      "data directory",
      "identity",
      "clock",
      "disk",
      "udp port",
      "udp buffers",
      "gateway port",
      "node",
      "open files",
    ]);
    expect(checks.every(({ result }) => result === "ok")).toBe(true);
    expect(fixture.files.files.size + fixture.files.directories.size).toBe(0);
  });

  test("a taken port fails and says what to do", async () => {
    const fixture = new CliFixture();
    const taken = () => Promise.reject(new SkerryError("ADDRESS_IN_USE", "it is taken"));
    fixture.doors = { ...fixture.doors, openSocket: taken, serveHttp: taken };
    const [code, checks] = await rows(fixture, "--udp", "127.0.0.1:4000");
    expect(code).toBe(1);
    expect(named(checks, "udp port")?.found).toBe("127.0.0.1:4000: it is taken");
    expect(named(checks, "udp port")?.advice).toContain("--udp");
    expect(named(checks, "gateway port")?.advice).toContain("--http");
  });

  test("a denylist that cannot be used fails with the numbers of its lines", async () => {
    const fixture = new CliFixture();
    fixture.files.set("/work/list", `/file/${"aa".repeat(20)}\nx\n`);
    const [code, checks] = await rows(fixture, "--denylist", "list");
    expect([code, named(checks, "denylist")?.result]).toEqual([1, "failed"]);
    expect(named(checks, "denylist")?.found).toContain("/work/list cannot be used: line 2 is no");
    fixture.files.set("/work/list", `/file/${"aa".repeat(20)}\n`);
    const [fine, after] = await rows(fixture, "--denylist", "list");
    expect([fine, named(after, "denylist")?.found]).toEqual([0, "1 rules"]);
  });

  test("a file of clients that cannot be used fails with its line", async () => {
    const fixture = new CliFixture();
    fixture.files.set("/work/clients", "alice\n");
    const [code, checks] = await rows(fixture, "--client-file", "clients");
    expect([code, named(checks, "clients")?.result]).toEqual([1, "failed"]);
    expect(named(checks, "clients")?.found).toContain("/work/clients: line 1 needs a name");
    fixture.files.set("/work/clients", `alice ${"ab".repeat(32)} 1GiB\n`);
    const [fine, after] = await rows(fixture, "--client-file", "clients");
    expect([fine, named(after, "clients")?.found]).toEqual([0, "1 in /work/clients"]);
  });

  test("a damaged identity and another network fail", async () => {
    const fixture = new CliFixture();
    await fixture.run("id", "--data=/d", "--network=dev");
    expect((await rows(fixture))[0]).toBe(0);
    const [code, checks] = await rows(fixture, "--network=main");
    expect(code).toBe(1);
    expect(named(checks, "network")?.found).toBe("belongs to network dev, not main");
    fixture.files.set("/d/identity.json", "");
    const [damaged, after] = await rows(fixture);
    expect(damaged).toBe(1);
    expect(after.find(({ advice }) => advice?.includes("is empty"))?.result).toBe("failed");
  });

  test("beside a running node it asks that one", async () => {
    const fixture = new CliFixture();
    fixture.files.set(
      "/d/node.json",
      JSON.stringify({
        v: 1,
        pid: 9,
        network: "dev",
        publicKey: "k",
        nodeId: "n",
        listening: "skerry://k@[::1]:4321",
        gateway: "http://127.0.0.1:8080",
        admin: "http://127.0.0.1:9999",
        adminToken: "t".repeat(64),
        version: "1",
        startedMs: 1,
      }),
    );
    const status = {
      reachability: "nated",
      peers: 2,
      store: { bytes: 0, quotaBytes: 3 * 2 ** 30 },
    };
    const asked: string[] = [];
    fixture.doors = {
      ...fixture.doors,
      fetch: (url) => {
        asked.push(url);
        return Promise.resolve(Response.json(status));
      },
    };
    const [code, checks] = await rows(fixture);
    expect(code).toBe(0);
    expect(asked).toEqual(["http://127.0.0.1:9999/v1/status"]);
    expect(named(checks, "node")?.found).toContain("pid 9");
    expect(named(checks, "disk")?.found).toContain("store quota 3.00 GiB");
    expect(named(checks, "reachability")?.advice).toContain("UDP port 4321");
    expect(named(checks, "udp port")).toBeUndefined();
  });

  test("as text: one line per check, advice below it", async () => {
    const fixture = new CliFixture();
    fixture.files.freeBytes = 2 ** 20;
    expect(await fixture.run("doctor", "--data=/d")).toBe(1);
    expect(fixture.out).toMatch(/^FAILED {3}disk {12}1\.00 MiB free/m);
    expect(fixture.out).toMatch(/^ +> free some space/m);
  });
});
