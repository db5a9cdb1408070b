import { absolute, loadSettings, wantsJson } from "../../../src/cli/settings.ts";
import type { SkerryError } from "../../../src/lib/mod.ts";
import { CliFixture } from "../../support/cli_fixture.ts";
import { describe, expect, test } from "../../support/harness.ts";

const setUp = () => {
  const fixture = new CliFixture();
  const load = (flags = {}, environment = fixture.host.environment) =>
    loadSettings(flags, { environment, cwd: "/work" }, fixture.doors.localFiles);
  const failure = (flags = {}, environment = fixture.host.environment) =>
    load(flags, environment).then(
      () => ({ code: "", message: "" }),
      (error: unknown) => error as SkerryError,
    );
  return { fixture, load, failure };
};

describe("loadSettings()", () => {
  test("finds the data directory by flag, XDG or home", async () => {
    const { load } = setUp();
    expect((await load({ data: "/d" })).dataDir).toBe("/d");
    expect((await load({ data: "d" })).dataDir).toBe("/work/d");
    expect((await load({}, { HOME: "/h", SKERRY_DATA: "/e" })).dataDir).toBe("/e");
    expect((await load({}, { HOME: "/h", XDG_DATA_HOME: "/x" })).dataDir).toBe("/x/skerry");
    const relative = await load({}, { HOME: "/h", XDG_DATA_HOME: "x" });
    expect(relative.dataDir).toBe("/h/.local/share/skerry");
  });

  test("without any of them says what to give", async () => {
    const { failure } = setUp();
    const { code, message } = await failure({}, {});
    expect(code).toBe("INVALID_CONFIG");
    expect(message).toContain("--data DIR");
  });

  test("reads the file that --config names, as seen from here", async () => {
    const { fixture, load } = setUp();
    fixture.files.set("/work/s.toml", 'network = "dev"\ndata = "there"');
    const { settings, dataDir, origins } = await load({ config: "s.toml" });
    expect(settings.network).toBe("dev");
    expect(dataDir).toBe("/work/there");
    expect(origins.network).toEqual({ from: "file", path: "s.toml" });
  });

  test("a missing, huge or binary file is named", async () => {
    const { fixture, failure } = setUp();
    expect((await failure({ config: "none.toml" })).message).toContain("/work/none.toml");
    fixture.files.set("/work/big", "#".repeat(70_000));
    expect((await failure({ config: "big" })).message).toContain("70000 bytes, more than 65536");
    fixture.files.files.set("/work/binary", Uint8Array.of(0xff, 0xfe));
    expect((await failure({ config: "binary" })).message).toContain("not UTF-8");
  });

  test("all faults come in one error, a line each", async () => {
    const { failure } = setUp();
    const { code, message } = await failure({ udp: "x", http: "y" });
    expect(code).toBe("INVALID_CONFIG");
    expect(message.split("\n").length).toBe(2);
  });
});

test("wantsJson() follows flag and variable", () => {
  expect(wantsJson({ json: true }, {})).toBe(true);
  expect(wantsJson({}, { SKERRY_JSON: "1" })).toBe(true);
  expect(wantsJson({}, { SKERRY_JSON: "no" })).toBe(false);
  expect(wantsJson({}, {})).toBe(false);
});

test("absolute() leaves absolute paths alone", () => {
  expect(absolute("/a", "/w")).toBe("/a");
  expect(absolute("a", "/w")).toBe("/w/a");
  expect(absolute("a", "/")).toBe("/a");
});
