import type { AdminStatus } from "../../../src/admin/mod.ts";
import { CliFixture } from "../../support/cli_fixture.ts";
import { FakeAdmin } from "../../support/fake_admin.ts";
import { describe, expect, test } from "../../support/harness.ts";

const status: AdminStatus = {
  role: "super",
  reachability: "public",
  peers: 3,
  routingTable: { contacts: 7 },
  store: { chunks: 5, bytes: 2 ** 20, quotaBytes: 2 ** 30, pinnedBytes: 2 ** 19 },
  selling: {
    upBytesPerSecond: 2_500_000,
    sentBytes: 2 ** 31,
    diskBytes: 2 ** 19,
    diskQuotaBytes: 2 ** 29,
    rangeBits: 157,
    minReadsPerDay: 2.34,
  },
  traffic: { sentBytes: 10, receivedBytes: 20 },
  announce: { keys: 6, pending: 1 },
  rank: 9,
  copies: {
    ...{ replicas: 5, keys: 4, guardedBytes: 2 ** 20 },
    ...{ offered: 9, givenBytes: 2 ** 21, takenBytes: 2 ** 22 },
  },
  hosting: { contracts: 4, bytes: 2 ** 20 },
  placements: { orders: 1, objects: 9, short: 2 },
  uptimeSeconds: 61,
  firstNode: false,
};
const peer = (nodeId: string, rttMs: number | undefined, sentBytes: number) => ({
  nodeId,
  publicKey: "k",
  address: "127.0.0.1:1",
  rttMs,
  sentBytes,
  receivedBytes: 0,
  connectedSeconds: 1,
  rank: 2,
});

function setUp() {
  const fixture = new CliFixture();
  const admin = new FakeAdmin();
  fixture.doors = { ...fixture.doors, fetch: admin.install(fixture.files) };
  admin.json("/v1/status", status);
  admin.json("/v1/peers", {
    peers: [peer("b".repeat(40), 1.25, 5), peer("a".repeat(40), undefined, 9)],
  });
  return fixture;
}

describe("skerry status and peers", () => {
  test("status as text and as it came", async () => {
    const fixture = setUp();
    expect(await fixture.run("status", "--data=/d")).toBe(0);
    expect(fixture.out).toContain("routing table  7 contacts\n");
    expect(fixture.out).toContain("5 chunks, 1.00 MiB of 1.00 GiB, 512 KiB of them published here");
    expect(fixture.out).toContain("up             1m 1s\n");
    expect(fixture.out).toContain("kept for pay   4 chunks, 1.00 MiB\n");
    expect(fixture.out).toContain("placed         9 objects, 2 AT TOO FEW HOSTS\n");
    expect(fixture.out).toContain("20mbit up, 2.00 GiB of it sent, 512 KiB of 512 MiB disk\n");
    expect(fixture.out).toContain(
      "range 157 bits, what is fetched to be sold read 2.3 times a day",
    );
    const copies = "4 keys, 1.00 MiB for others; 2.00 MiB given, 4.00 MiB taken";
    expect(fixture.out).toContain(`copies         ${copies}\n`);
    await fixture.run("status", "--data=/d", "--json");
    expect(JSON.parse(fixture.out)).toEqual(status);
  });

  test("the rank, and how the search for a better one stands", async () => {
    const shown = async (rankSearch: AdminStatus["rankSearch"]) => {
      const fixture = new CliFixture();
      const admin = new FakeAdmin();
      fixture.doors = { ...fixture.doors, fetch: admin.install(fixture.files) };
      admin.json("/v1/status", { ...status, ...(rankSearch && { rankSearch }) });
      await fixture.run("status", "--data=/d");
      return /^rank +(.*)$/m.exec(fixture.out)?.[1];
    };
    expect(await shown(undefined)).toBe("9");
    expect(await shown({ state: "searching", tries: 612, dutyPercent: 10 }))
      .toBe("9 after 612 tries, searching on with 10 % of a processor");
    expect(await shown({ state: "loaded", tries: 612, dutyPercent: 10 }))
      .toBe("9 after 612 tries, the search rests while the machine is busy");
  });

  test("a disk that refuses is told, with when and why", async () => {
    const fixture = new CliFixture();
    const admin = new FakeAdmin();
    fixture.doors = { ...fixture.doors, fetch: admin.install(fixture.files) };
    const disk = { unkept: 1, faultMs: 0, fault: "Cannot write /d/x: the disk is full" };
    admin.json("/v1/status", { ...status, disk });
    expect(await fixture.run("status", "--data=/d")).toBe(0);
    expect(fixture.out).toContain(
      "REFUSED, 1 object not kept; last 1970-01-01T00:00:00Z: Cannot write /d/x: the disk is full",
    );
  });

  test("the denylist in force, and why it is not the newest", async () => {
    const fixture = new CliFixture();
    const admin = new FakeAdmin();
    fixture.doors = { ...fixture.doors, fetch: admin.install(fixture.files) };
    const files = [{ path: "/etc/deny", rules: 7, sha256: "ab".repeat(32) }];
    const denylist = { rules: 7, files, loadedMs: 0, fault: "line 3 is no rule" };
    admin.json("/v1/status", { ...status, denylist });
    expect(await fixture.run("status", "--data=/d")).toBe(0);
    expect(fixture.out).toContain("7 rules of 1 file, since 1970-01-01T00:00:00Z\n");
    expect(fixture.out).toContain(`/etc/deny sha256 ${"ab".repeat(32)}\n`);
    expect(fixture.out).toContain("NOT THE NEWEST: line 3 is no rule\n");
  });

  test("peers, sorted as asked", async () => {
    const fixture = setUp();
    expect(await fixture.run("peers", "--data=/d", "--sort", "sent")).toBe(0);
    const lines = fixture.out.trim().split("\n");
    expect(lines.length).toBe(3);
    expect(lines[1]?.startsWith("aaaaaaaaaaaaaaaa  127.0.0.1:1")).toBe(true);
    expect(lines[2]).toContain("1.3 ms");
    await fixture.run("peers", "--data=/d", "--json");
    expect(JSON.parse(fixture.out).peers[0].nodeId).toBe("b".repeat(40));
    expect(await fixture.run("peers", "--data=/d", "--sort", "snet")).toBe(2);
    expect(fixture.err).toContain("did you mean sent?");
  });

  test("without a node: 4, and one sentence", async () => {
    const fixture = new CliFixture();
    for (const command of ["status", "peers"]) {
      expect(await fixture.run(command, "--data=/d")).toBe(4);
      expect(fixture.err).toBe(
        "skerry: No node runs on /d. Start one with skerry run, or say with --data where it is\n",
      );
    }
  });
});
