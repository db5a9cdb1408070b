import { SkerryError, toBase32, utf8 } from "../../../src/lib/mod.ts";
import { CliFixture } from "../../support/cli_fixture.ts";
import { FakeAdmin, problem } from "../../support/fake_admin.ts";
import { describe, expect, test } from "../../support/harness.ts";

const id = toBase32(new Uint8Array(32).fill(1));

function setUp() {
  const fixture = new CliFixture();
  const admin = new FakeAdmin();
  fixture.doors = { ...fixture.doors, fetch: admin.install(fixture.files) };
  admin.file(id, utf8("hello"));
  const get = (...argv: string[]) => fixture.run("get", ...argv, "--data=/d");
  return { fixture, admin, get };
}

describe("skerry get", () => {
  test("writes a file, as seen from the working directory", async () => {
    const { fixture, get } = setUp();
    expect(await get(id, "-o", "out.txt")).toBe(0);
    expect(fixture.files.text("/work/out.txt")).toBe("hello");
    expect(fixture.out).toContain("/work/out.txt: 5 B in ");
    expect(await get(id, "-o", "/tmp/x", "--json")).toBe(0);
    expect(JSON.parse(fixture.out)).toEqual({
      path: "/tmp/x",
      kind: "file",
      link: id,
      size: 5,
      files: 1,
      keptFiles: 0,
    });
  });

  test("writes to standard output with -", async () => {
    const { fixture, admin, get } = setUp();
    expect(await get(id, "-o", "-")).toBe(0);
    expect(fixture.out).toBe("hello");
    admin.cuts = [2];
    expect(await get(id, "-o", "-")).toBe(0);
    expect(fixture.out).toBe("hello");
    admin.cuts = [2, 0];
    expect(await get(id, "-o", "-")).toBe(1);
    expect(fixture.err).toContain("broke off");
  });

  test("bytes that standard output lost are a failure, a reader that went is none", async () => {
    const { fixture, get } = setUp();
    fixture.host.stdout.fault = new SkerryError("STORE_FULL", "the disk is full");
    expect(await get(id, "-o", "-")).toBe(5);
    expect(fixture.err).toBe("skerry: the disk is full\n");
    expect(await get("nonsense", "-o", "-", "--json")).toBe(2);
    fixture.host.stdout.fault = undefined;
    fixture.host.stdout.hasNoReader = true;
    expect(await get(id, "-o", "-")).toBe(0);
  });

  test("resolves a path below the id", async () => {
    const { fixture, admin, get } = setUp();
    const other = toBase32(new Uint8Array(32).fill(2));
    const info = admin.answers.get(`/v1/get/${id}?format=info`);
    if (info !== undefined) admin.answers.set(`/v1/get/${other}/a%20b?format=info`, info);
    expect(await get(`${other}/a b`, "-o", "x")).toBe(0);
    expect(fixture.files.text("/work/x")).toBe("hello");
  });

  test("a tree goes to a directory, not to standard output", async () => {
    const { fixture, admin, get } = setUp();
    const tree = toBase32(new Uint8Array(32).fill(3));
    admin.directory(tree, [{ name: "a", kind: "file", strongId: id, size: 5, mime: "" }]);
    expect(await get(tree, "-o", "t/")).toBe(0);
    expect(fixture.files.text("/work/t/a")).toBe("hello");
    expect(await get(tree, "-o", "-")).toBe(2);
  });

  test("a file goes into a directory that is there, under its own name", async () => {
    const { fixture, admin, get } = setUp();
    fixture.files.directories.add("/work/dir");
    admin.file(id, utf8("hello"), "its name.txt");
    expect(await get(id, "-o", "dir")).toBe(0);
    expect(fixture.files.text("/work/dir/its name.txt")).toBe("hello");
    admin.file(id, utf8("hello"), "../escape");
    expect(await get(id, "-o", "dir")).toBe(1);
    expect(fixture.err).toContain("../escape");
  });

  test("a file with other contents is replaced only with --overwrite", async () => {
    const { fixture, get } = setUp();
    fixture.files.set("/work/mine", "other");
    expect(await get(id, "-o", "mine")).toBe(1);
    expect(fixture.files.text("/work/mine")).toBe("other");
    expect(await get(id, "-o", "mine", "--overwrite")).toBe(0);
    expect(fixture.files.text("/work/mine")).toBe("hello");
    expect(await get(id, "-o", "mine", "--json")).toBe(0);
    expect(JSON.parse(fixture.out).keptFiles).toBe(1);
    expect(await get(id, "-o", "mine")).toBe(0);
    expect(fixture.out).toMatch(/^\/work\/mine: 5 B, there already in /);
  });

  test("exit codes: not found 3, no node 4, wrong id 2", async () => {
    const { fixture, get } = setUp();
    expect(await get("a".repeat(40), "-o", "x")).toBe(3);
    expect(await get("nonsense", "-o", "x")).toBe(2);
    fixture.files.files.delete("/d/node.json");
    expect(await get(id, "-o", "x")).toBe(4);
    expect(fixture.err.trim().split("\n").length).toBe(1);
  });

  test("with a budget every request is of one purchase, and what it cost is told", async () => {
    const { fixture, admin, get } = setUp();
    const holders = [
      { publicKey: "ab".repeat(32), bytes: 2_048, cb: 7_168, factorMin: 3, factorMax: 3 },
    ];
    admin.purchase = { budgetCb: 500_000_000, spentCb: 7_168, reservedCb: 0, holders };
    expect(await get(id, "-o", "out", "--budget=500MB", "--deadline=1min")).toBe(0);
    expect(fixture.out).toContain("paid 7168 cb to 1 holder\n  abababababababab  2.0");
    const [first = "", second = "", third = ""] = admin.seen.slice(-3);
    const query = (seen: string) => new URLSearchParams(seen.split("?")[1]);
    const name = query(first).get("purchase") ?? "";
    expect(name).toMatch(/^[0-9a-f-]{36}$/);
    expect([query(first).get("budget"), query(first).get("deadlineMs")])
      .toEqual(["500000000", "60000"]);
    expect(query(second).get("purchase")).toBe(name);
    expect(third).toContain(`/v1/purchases/${name}`);
    expect(await get(id, "-o", "json", "--budget=500MB", "--json")).toBe(0);
    expect(JSON.parse(fixture.out)).toMatchObject({ paidCb: 7_168, paidTo: holders });
  });

  test("a budget that is used up is a refusal, a wrong one wrong usage", async () => {
    const { fixture, admin, get } = setUp();
    admin.answers.set(`/v1/get/${id}`, () => problem(402, "BUDGET_EXHAUSTED", "of the budget"));
    expect(await get(id, "-o", "out", "--budget=1000")).toBe(5);
    expect(fixture.err).toContain("of the budget");
    expect(await get(id, "-o", "out", "--budget=much")).toBe(2);
    expect(await get(id, "-o", "out", "--deadline=20")).toBe(2);
  });
});
