import fc from "fast-check";
import { LOOPBACK_DEFAULTS, parseScenario } from "../../../src/bench/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("a scenario comes back from its text", () => {
  const odd = { ...LOOPBACK_DEFAULTS, chunks: 7, isPortable: true, datagramBytes: 8_952 };
  for (const scenario of [LOOPBACK_DEFAULTS, odd]) {
    expect(parseScenario(JSON.stringify(scenario))).toEqual(scenario);
  }
});

test("anything else is refused by name", () => {
  const wrongs: Record<string, unknown>[] = [
    { chunks: 0 },
    { chunks: 1e9 },
    { warmUpChunks: -1 },
    { datagramBytes: 500 },
    { datagramBytes: 70_000 },
    { isPortable: 1 },
    { servingIp: undefined },
    { congestionControl: "reno" },
    { isVerified: undefined },
  ];
  for (const wrong of wrongs) {
    const text = JSON.stringify({ ...LOOPBACK_DEFAULTS, ...wrong });
    expect(() => parseScenario(text)).toThrow(`not a scenario: ${text}`);
  }
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
    expect(() => parseScenario(text)).toThrow("not a scenario");
  }));
});
