import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { parseArgs } from "../../../src/cli/args.ts";
import { SETTING_NAMES } from "../../../src/config/mod.ts";
import { describe, expect, test } from "../../support/harness.ts";

const request = (...argv: string[]) => {
  const parsed = parseArgs(argv);
  if (parsed.kind !== "request") throw new Error(JSON.stringify(parsed));
  return parsed;
};
const wrong = (...argv: string[]): string => {
  const parsed = parseArgs(argv);
  if (parsed.kind !== "wrong") throw new Error(JSON.stringify(parsed));
  return parsed.message;
};
const help = (...argv: string[]): string => {
  const parsed = parseArgs(argv);
  return parsed.kind === "help" ? parsed.text : "";
};

describe("parseArgs()", () => {
  test("every command with its own options", () => {
    expect(request("run").request).toEqual({ command: "run", printConfig: false });
    expect(request("run", "--print-config").request).toEqual({ command: "run", printConfig: true });
    expect(request("publish", "a", "b", "--wait", "3", "--chunks").request).toEqual({
      command: "publish",
      paths: ["a", "b"],
      wait: 3,
      chunkIds: true,
      hosting: undefined,
    });
    expect(request("get", "x", "-o", "y").request).toEqual({
      command: "get",
      meta: "x",
      output: "y",
      overwrite: false,
    });
    expect(request("get", "x", "-oy", "--overwrite").request).toEqual({
      command: "get",
      meta: "x",
      output: "y",
      overwrite: true,
    });
    expect(request("id").request).toEqual({ command: "id", targetRank: undefined });
    expect(request("id", "--target-rank", "12").request).toEqual({
      command: "id",
      targetRank: 12,
    });
    expect(request("status").request).toEqual({ command: "status" });
    expect(request("peers", "--sort", "rtt").request).toEqual({ command: "peers", sort: "rtt" });
    expect(request("store").request).toEqual({
      command: "store",
      sort: undefined,
      by: "use",
      limit: 100,
    });
    expect(request("trace", "x").request).toEqual({ command: "trace", id: "x", svg: undefined });
    expect(request("get-value", "k").request).toEqual({
      command: "get-value",
      publicKey: "k",
      salt: "",
    });
    expect(request("put-value", "v", "--salt", "s", "--seq", "18446744073709551615").request)
      .toEqual({
        command: "put-value",
        value: "v",
        file: undefined,
        salt: "s",
        ttlSeconds: undefined,
        lifetimeSeconds: undefined,
        seq: 2n ** 64n - 1n,
        replaces: undefined,
        withdraw: false,
      });
    expect(request("doctor").request).toEqual({ command: "doctor" });
    for (const argv of [["version"], ["--version"], ["-V"]]) {
      expect(request(...argv).request).toEqual({ command: "version" });
    }
  });

  test("settings come back by name, lists as lists, only those given", () => {
    const { flags } = request("run", "--store-bytes=1GiB", "--bootstrap", "a", "--bootstrap=b");
    expect(flags).toEqual({ storeBytes: "1GiB", bootstrap: ["a", "b"] });
    expect(request("status", "--json").flags).toEqual({ json: true });
    expect(request("run").flags).toEqual({});
    expect(request("run", "--credit", "--json").flags).toEqual({ credit: true, json: true });
    expect(request("run", "--credit", "off").flags).toEqual({ credit: "off" });
    // One program may not see what another was told.
    expect(request("run", "--bootstrap", "c").flags).toEqual({ bootstrap: ["c"] });
  });

  test("run takes every setting, the others those that concern all", () => {
    const text = help("run", "--help");
    expect(SETTING_NAMES.length).toBeGreaterThan(10);
    for (const name of SETTING_NAMES) {
      const flag = `--${name.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)}`;
      expect(text).toContain(flag);
    }
    expect(help("status", "--help")).not.toContain("--udp");
  });

  test("a wrong line says what is wrong and what was probably meant", () => {
    expect(wrong()).toContain("no command");
    expect(wrong("rnu")).toBe('unknown command "rnu"; did you mean run?');
    expect(wrong("run", "--boostrap", "x")).toBe(
      'unknown flag "--boostrap"; did you mean --bootstrap?',
    );
    expect(wrong("run", "--zzzzzzzzzz"))
      .toBe('unknown flag "--zzzzzzzzzz". Try: skerry run --help');
    expect(wrong("--data", "x", "run")).toContain("flags come after the command");
    for (const argv of [["pay"], ["pay", "--help"], ["help", "pay"], ["pay", "run"]]) {
      expect(wrong(...argv)).toBe('unknown command "pay". Try: skerry --help');
    }
    expect(wrong("status", "--udp", "x")).toBe('unknown flag "--udp": it belongs to skerry run');
    expect(wrong("run", "--udp")).toContain("argument missing");
    expect(wrong("publish")).toContain("missing required argument 'PATH'");
    expect(wrong("get", "x")).toContain("-o, --output <PATH>");
    expect(wrong("run", "surplus")).toContain("too many arguments");
    for (const number of ["-1", "17", "x", "1.5", ""]) {
      expect(wrong("publish", "a", `--wait=${number}`)).toContain("whole number from 0 to 16");
    }
    expect(wrong("id", "--target-rank", "64")).toContain("from 1 to 63");
  });

  test("no line throws", () => {
    fc.assert(fc.property(fc.array(fc.string(), { maxLength: 6 }), (argv) => void parseArgs(argv)));
  });
});

describe("--help", () => {
  const commands = [
    "run",
    "publish",
    "get",
    "id",
    "status",
    "peers",
    "ledger",
    "store",
    "trace",
    "doctor",
  ];
  commands.push("put-value", "get-value");
  const pages: [string, string[]][] = [
    ["help", ["--help"]],
    ...[...commands, "version"].map((name): [string, string[]] => [`help_${name}`, [name, "-h"]]),
  ];
  for (const [name, argv] of pages) {
    test(`${argv.join(" ")} prints test/golden/${name}.txt`, () => {
      const path = fileURLToPath(new URL(`../../golden/${name}.txt`, import.meta.url));
      const text = help(...argv);
      if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(path, text);
      expect(text).toBe(readFileSync(path, "utf8"));
      for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(96);
    });
  }

  test("`help run` is `run --help`", () => {
    expect(help("help", "run")).toBe(help("run", "--help"));
  });
});
