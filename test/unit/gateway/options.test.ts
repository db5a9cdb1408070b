import { gatewayOptions } from "../../../src/gateway/mod.ts";
import type { Config } from "../../../src/config/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { QUIET_CONFIG } from "../../support/quiet_config.ts";

const CONFIG: Config = {
  ...QUIET_CONFIG,
  network: "main",
  http: { ip: "127.0.0.1", port: 8080 },
  maxRangeFile: 2 ** 30,
};
const options = (config: Partial<Config>) => gatewayOptions({ ...CONFIG, ...config }, () => {});

test("a loopback listener answers for its own names only, a public one for all", () => {
  expect(options({}).hosts).toEqual(["localhost", "127.0.0.1", "[::1]"]);
  const other = options({ http: { ip: "127.0.0.2", port: 8080 } });
  expect(other.hosts).toEqual(["localhost", "127.0.0.1", "[::1]", "127.0.0.2"]);
  expect(options({ http: { ip: "::1", port: 8080 } }).hosts).toEqual(options({}).hosts);
  expect(options({ gatewayHost: "gw.example" }).hosts).toContain("gw.example");
  expect(options({ http: { ip: "0.0.0.0", port: 80 } }).hosts).toBeUndefined();
});

test("on loopback every link has an origin below localhost, elsewhere below a name given", () => {
  expect(options({}).originHosts).toEqual(["localhost"]);
  expect(options({ gatewayHost: "gw.example" }).originHosts).toEqual(["gw.example", "localhost"]);
  const open = { http: { ip: "0.0.0.0", port: 80 } };
  expect(options(open).originHosts).toEqual([]);
  expect(options({ ...open, gatewayHost: "gw.example" }).originHosts).toEqual(["gw.example"]);
  expect(options({}).rangeFileBytesMax).toBe(2 ** 30);
});

test("a budget for one request is taken as it is given", () => {
  expect([options({}).readBudgetCb, options({ readBudget: 0 }).readBudgetCb]).toEqual([
    undefined,
    0,
  ]);
});

test("the serve rule and the dev network's exemption follow the settings", () => {
  expect(options({ serve: "own" }).serve).toEqual({ kind: "own" });
  expect(options({ serve: "allowlist", allow: ["a"] }).serve).toEqual({
    kind: "allowlist",
    ids: new Set(["a"]),
  });
  expect(options({}).isLoopbackExempt).toBe(false);
  expect(options({ network: "dev" }).isLoopbackExempt).toBe(true);
});
