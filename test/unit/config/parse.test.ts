import fc from "fast-check";
import {
  configPath,
  type ConfigSources,
  describeOrigin,
  parseSettings,
} from "../../../src/config/mod.ts";
import { toBase32 } from "../../../src/lib/mod.ts";
import { describe, expect, test } from "../../support/harness.ts";

const none: ConfigSources = { flags: {}, environment: {} };
const parsed = (sources: Partial<ConfigSources>) => {
  const result = parseSettings({ ...none, ...sources });
  if ("faults" in result) throw new Error(result.faults.join("\n"));
  return result;
};
const faults = (sources: Partial<ConfigSources>): string => {
  const result = parseSettings({ ...none, ...sources });
  return "faults" in result ? result.faults.join("\n") : "";
};
const file = (text: string) => ({ file: { path: "/etc/skerry.toml", text } });
const uri = (host: string) => `skerry://${toBase32(new Uint8Array(32).fill(1))}@${host}`;

describe("parseSettings()", () => {
  test("flag beats environment beats file beats default, in every combination", () => {
    for (let mask = 0; mask < 8; mask++) {
      const sources = {
        flags: mask & 1 ? { logLevel: "error" } : {},
        environment: mask & 2 ? { SKERRY_LOG_LEVEL: "warn" } : {},
        ...(mask & 4 ? file('log-level = "debug"') : {}),
      };
      const { settings, origins } = parsed(sources);
      const [level, from] = mask & 1
        ? ["error", "flag"]
        : mask & 2
        ? ["warn", "environment"]
        : mask & 4
        ? ["debug", "file"]
        : ["info", "default"];
      expect(settings.logLevel as string).toBe(level as string);
      expect(origins.logLevel.from as string).toBe(from as string);
    }
  });

  test("every setting can come by each of the three ways", () => {
    const flags = {
      data: "/d",
      network: "dev",
      udp: "127.0.0.1:4000",
      bootstrap: [uri("a.example:1"), uri("[::1]:2")],
      http: "0.0.0.0:80",
      serve: "allowlist",
      allow: ["A".repeat(40)],
      gatewayHost: "Gate.Example",
      trustedProxy: ["10.0.0.0/8", "::1"],
      storeBytes: "500MB",
      admin: "[::1]:9",
      logLevel: "debug",
      json: true,
    };
    const environment = Object.fromEntries(
      Object.entries(flags).map(([name, value]) => [
        `SKERRY_${name.replace(/[A-Z]/g, (capital) => `_${capital}`).toUpperCase()}`,
        Array.isArray(value) ? value.join(", ") : String(value),
      ]),
    );
    const toml = Object.entries(flags).map(([name, value]) =>
      `${name.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)} = ${
        JSON.stringify(value)
      }`
    ).join("\n");
    const byFlag = parsed({ flags }).settings;
    expect(byFlag.storeBytes).toBe(500_000_000);
    expect(byFlag.allow).toEqual(["a".repeat(40)]);
    expect(byFlag.bootstrap.map((node) => node.host)).toEqual(["a.example", "::1"]);
    expect(parsed({ environment }).settings).toEqual(byFlag);
    expect(parsed(file(toml)).settings).toEqual(byFlag);
  });

  test("defaults are those of the contract", () => {
    const { settings } = parsed({});
    expect(settings.network).toBe("main");
    expect(settings.http).toEqual({ ip: "127.0.0.1", port: 8080 });
    expect(settings.admin).toEqual({ ip: "127.0.0.1", port: 0 });
    expect(settings.udp).toBeUndefined();
    expect(settings.storeBytes).toBeUndefined();
    expect(settings.json).toBe(false);
  });

  test("an empty variable is an unset one; a number in the file is a size", () => {
    expect(parsed({ environment: { SKERRY_UDP: "" } }).settings.udp).toBeUndefined();
    expect(parsed(file("store-bytes = 33554432")).settings.storeBytes).toBe(2 ** 25);
  });

  test("the result is frozen", () => {
    expect(Object.isFrozen(parsed({}).settings)).toBe(true);
  });
});

describe("faults", () => {
  test("quote the value, the rule and where it stood", () => {
    expect(faults({ flags: { udp: "nonsense" } })).toContain('--udp: "nonsense" must be HOST:PORT');
    expect(faults({ environment: { SKERRY_STORE_BYTES: "10G" } })).toBe(
      'SKERRY_STORE_BYTES: "10G" must be a size in bytes or with a unit, as 500MB or 10GiB',
    );
    expect(faults(file('network = "moon"'))).toBe(
      'network in /etc/skerry.toml: "moon" must be one of main, dev',
    );
    expect(faults({ flags: { bootstrap: [uri("h:1"), "skerry://x"] } })).toContain(
      '--bootstrap: "skerry://x" needs a key of 52 base32',
    );
    expect(faults({ flags: { storeBytes: "1MiB" } })).toContain("at least 16MiB");
    expect(faults(file("store-bytes = -1"))).toContain("must be a size");
    expect(faults(file("json = 3"))).toContain("true or false");
  });

  test("all come at once", () => {
    const all = faults({ flags: { udp: "x", http: "y", admin: "z" } });
    expect(all.split("\n").length).toBe(3);
  });

  test("an unknown key names the nearest one", () => {
    expect(faults(file('boostrap = ["x"]'))).toBe(
      '/etc/skerry.toml has an unknown key "boostrap"; did you mean "bootstrap"?',
    );
    expect(faults(file('store_bytes = "1GB"'))).toContain('did you mean "store-bytes"?');
    expect(faults(file('config = "x"'))).toContain("unknown key");
  });

  test("a file that is no TOML says where", () => {
    expect(faults(file("udp ="))).toContain("/etc/skerry.toml is not TOML");
  });

  test("rules between settings are reported", () => {
    expect(faults({ flags: { http: "0.0.0.0:80" } })).toContain("--serve");
  });

  test("no text in any place throws, and a long value is cut", () => {
    fc.assert(fc.property(fc.string(), fc.string(), (value, toml) => {
      faults({ flags: { udp: value, bootstrap: [value] }, environment: { SKERRY_ALLOW: value } });
      faults(file(toml));
    }));
    expect(faults({ flags: { udp: "x".repeat(10_000) } }).length).toBeLessThan(400);
  });
});

test("configPath() comes from the flag or the variable", () => {
  const environment = { SKERRY_CONFIG: "/env.toml" };
  expect(configPath({ flags: { config: "/flag.toml" }, environment })).toBe("/flag.toml");
  expect(configPath({ flags: {}, environment })).toBe("/env.toml");
  expect(configPath({ flags: {}, environment: { SKERRY_CONFIG: "" } })).toBeUndefined();
});

test("describeOrigin() writes each place as its giver would", () => {
  expect(describeOrigin("storeBytes", { from: "flag" })).toBe("--store-bytes");
  expect(describeOrigin("storeBytes", { from: "environment" })).toBe("SKERRY_STORE_BYTES");
  expect(describeOrigin("storeBytes", { from: "file", path: "/f" })).toBe("store-bytes in /f");
  expect(describeOrigin("storeBytes", { from: "default" })).toBe("default");
});
