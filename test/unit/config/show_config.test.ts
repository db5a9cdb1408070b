import { completeConfig, parseSettings, showConfig } from "../../../src/config/mod.ts";
import { toBase32 } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";

const kept = { udpPort: 31_337, storeBytes: 2 ** 30 };

function shown(flags: Record<string, unknown>, isFirstRun = false) {
  const keptNow = isFirstRun ? undefined : kept;
  const parsed = parseSettings({ flags, environment: {} });
  if ("faults" in parsed) throw new Error(parsed.faults.join());
  const config = completeConfig(parsed.settings, "/d", keptNow ?? { udpPort: 0, storeBytes: 1 });
  const rows = showConfig(parsed, config, keptNow);
  return new Map(rows.map((row) => [row.name, `${row.value} | ${row.from}`]));
}

test("every setting is shown as it would be written, with its origin", () => {
  const uri = `skerry://${toBase32(new Uint8Array(32))}@[::1]:5`;
  const rows = shown({ bootstrap: [uri, uri], trustedProxy: ["10.0.0.0/8"], http: "[::1]:80" });
  expect(rows.get("bootstrap")).toBe(`${uri} ${uri} | --bootstrap`);
  expect(rows.get("trusted-proxy")).toBe("10.0.0.0/8 | --trusted-proxy");
  expect(rows.get("http")).toBe("[::1]:80 | --http");
  expect(rows.get("congestion-control")).toBe("cubic | default");
  expect(rows.get("gateway-host")).toBe(" | default");
  expect(rows.get("credit")).toBe("on | default");
  expect(shown({ credit: true }).get("credit")).toBe("on | --credit");
  expect(shown({ network: "dev" }).get("credit")).toBe("off | default");
});

test("what the first run chose is told apart from what it will choose", () => {
  expect(shown({}).get("udp")).toBe("[::]:31337 | default, kept from the first run");
  expect(shown({}).get("store-bytes")).toBe("1GiB | default, kept from the first run");
  expect(shown({}, true).get("udp")).toBe("[::]:<chosen at the first run> | default");
  expect(shown({ udp: "127.0.0.1:0" }).get("udp")).toBe("127.0.0.1:31337 | --udp");
  expect(shown({ udp: "127.0.0.1:9" }, true).get("udp")).toBe("127.0.0.1:9 | --udp");
});
