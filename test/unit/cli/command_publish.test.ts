import type { PublishLine } from "../../../src/admin/mod.ts";
import { CliFixture } from "../../support/cli_fixture.ts";
import { FakeAdmin } from "../../support/fake_admin.ts";
import { describe, expect, test } from "../../support/harness.ts";

const done: PublishLine = {
  kind: "done",
  meta: "a".repeat(40),
  link: "b".repeat(52),
  fileRoot: "c".repeat(64),
  size: 2 ** 21,
  chunks: 2,
  chunkIds: ["d".repeat(40), "e".repeat(40)],
  holders: 1,
};
const step: PublishLine = {
  kind: "progress",
  phase: "hashing",
  doneBytes: 1,
  totalBytes: 2,
  path: "x",
};

function setUp() {
  const fixture = new CliFixture();
  const admin = new FakeAdmin();
  fixture.doors = { ...fixture.doors, fetch: admin.install(fixture.files) };
  admin.publish([step, done]);
  const publish = (...argv: string[]) => fixture.run("publish", ...argv, "--data=/d");
  return { fixture, admin, publish };
}

describe("skerry publish", () => {
  test("prints one item per path, in the shape of the contract", async () => {
    const { fixture, publish } = setUp();
    expect(await publish("x", "/y", "--json")).toBe(0);
    const { items } = JSON.parse(fixture.out);
    expect(items.map(({ path }: { path: string }) => path)).toEqual(["x", "/y"]);
    expect(items[0]).toEqual({
      path: "x",
      meta: "a".repeat(40),
      link: "b".repeat(52),
      fileRoot: "c".repeat(64),
      size: 2 ** 21,
      chunks: 2,
      url: `http://127.0.0.1:8080/file/${"b".repeat(52)}`,
      holders: 1,
    });
    const { fileRoot: _, ...tree } = done;
    for (const [size, end] of [[2 ** 21, "/"], [0, ""]] as const) {
      const { admin, fixture, publish } = setUp();
      admin.publish([step, { ...tree, size }]);
      expect(await publish("x", "--json")).toBe(0);
      const { url } = JSON.parse(fixture.out).items[0];
      expect(url).toBe(`http://127.0.0.1:8080/file/${"b".repeat(52)}${end}`);
    }
    expect(await publish("x", "--json", "--chunks")).toBe(0);
    expect(JSON.parse(fixture.out).items[0].chunkIds.length).toBe(2);
  });

  test("says once, before it is all hashed, that the store may be too small", async () => {
    const { fixture, admin, publish } = setUp();
    const short = { ...step, totalBytes: 10 * 2 ** 30, roomBytes: 2 ** 30 };
    admin.publish([short, { ...short, doneBytes: 2 }, done]);
    expect(await publish("x", "--json")).toBe(0);
    const warned = "skerry: x has 10.0 GiB, the store room for 1.00 GiB: it fits only if";
    expect(fixture.err.split(warned).length).toBe(2);
    admin.publish([step, done]);
    expect(await publish("x")).toBe(0);
    expect(fixture.err).toBe("");
  });

  test("what its readers will miss is said, and is in the document", async () => {
    const { fixture, admin, publish } = setUp();
    const warnings = [{ path: "_redirects", line: 7, found: "no rule", advice: "mend it" }];
    admin.publish([step, { ...done, warnings, moreWarnings: 1 }]);
    expect(await publish("x", "--json")).toBe(0);
    expect(JSON.parse(fixture.out).items[0]).toMatchObject({ warnings, moreWarnings: 1 });
    expect(fixture.err).toContain("  _redirects line 7: no rule; mend it\n  and 1 more\n");
    expect(await publish("x")).toBe(0);
    expect(fixture.out).toContain("link    b");
    expect(fixture.err).toContain("line 7");
  });

  test("with --hosts it says how many places were bought, and why not all", async () => {
    const { fixture, admin, publish } = setUp();
    const placement = { objects: 3, placed: 8, wanted: 9, spentCb: "77", reason: "too few nodes" };
    admin.publish([step, { ...done, placement }]);
    expect(await publish("x", "--hosts", "3", "--budget", "1MiB")).toBe(0);
    expect(fixture.out).toContain("8 of 9 places bought for 77 cb; the rest is tried again: too");
    expect(await publish("x", "--hosts", "3", "--budget", "1MiB", "--json")).toBe(0);
    expect(fixture.out).toContain(JSON.stringify(placement));
  });

  test("as text it prints the links", async () => {
    const { fixture, publish } = setUp();
    expect(await publish("x")).toBe(0);
    expect(fixture.out).toContain(`link    ${"b".repeat(52)}`);
    expect(fixture.out).toContain("2.00 MiB in 2 chunks");
    expect(fixture.out).toContain("1 other node holds it");
    expect(fixture.err).toBe("");
  });

  test("asks for the absolute path, and to wait only if told so", async () => {
    const { fixture, admin, publish } = setUp();
    const asked: unknown[] = [];
    fixture.doors = {
      ...fixture.doors,
      fetch: (_url, options) => {
        asked.push(JSON.parse(String(options?.body)));
        return Promise.resolve(new Response(JSON.stringify(done)));
      },
    };
    await publish("x");
    await publish("/x", "--wait=3");
    expect(asked).toEqual([{ path: "/work/x" }, { path: "/x", wait: 3 }]);
    expect(admin.seen).toEqual([]);
  });

  test("what fails is said, and what was published before is not lost", async () => {
    const { fixture, admin, publish } = setUp();
    admin.publish([step, { kind: "error", code: "STORE_FULL", detail: "No room for x" }]);
    expect(await publish("x")).toBe(5);
    expect(fixture.err).toBe("skerry: No room for x\n");
    let calls = 0;
    admin.answers.set("/v1/publish", () => {
      const line = calls++ === 0 ? done : { kind: "error", code: "FILE_UNREADABLE", detail: "y" };
      return new Response(JSON.stringify(line));
    });
    expect(await publish("x", "y", "--json")).toBe(1);
    const document = JSON.parse(fixture.out);
    expect(document.items.length).toBe(1);
    expect(document.error).toEqual({ code: "FILE_UNREADABLE", message: "y" });
  });

  test("an answer that is cut off is no success", async () => {
    const { fixture, admin, publish } = setUp();
    admin.publish([step], false);
    expect(await publish("x")).toBe(1);
    expect(fixture.err).toContain("broke off");
    admin.publish([step, done], true);
    expect(await publish("x")).toBe(1);
  });
});
