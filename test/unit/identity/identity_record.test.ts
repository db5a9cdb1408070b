import {
  type IdentityRecord,
  parseIdentity,
  SEARCH_START,
  serialiseIdentity,
} from "../../../src/identity/mod.ts";
import { toHex } from "../../../src/lib/mod.ts";
import { describe, expect, test } from "../../support/harness.ts";

const record: IdentityRecord = {
  network: "main",
  seed: new Uint8Array(32).fill(0xab),
  idNonce: 2n ** 63n + 1n,
  rankNonce: 77n,
  rank: 9,
  search: { id: { nextNonce: 5000n, tries: 5003 }, rank: SEARCH_START },
};
const text = serialiseIdentity(record);
const faultOf = (source: string): string => {
  const parsed = parseIdentity(source);
  return "fault" in parsed ? parsed.fault : "";
};
const withField = (name: string, value: unknown): string =>
  JSON.stringify({ ...JSON.parse(text), [name]: value });

describe("identity record", () => {
  test("survives writing and reading", () => {
    expect(parseIdentity(text)).toEqual(record);
    const searching = { ...record, idNonce: undefined };
    expect(parseIdentity(serialiseIdentity(searching))).toEqual(searching);
  });

  test("has the fields of protocol.md §9l", () => {
    const fields = ["v", "network", "seed", "idNonce", "rankNonce", "rank", "search"];
    expect(Object.keys(JSON.parse(text))).toEqual(fields);
  });

  test("every truncation is a fault", () => {
    for (let length = 0; length < text.trimEnd().length; length++) {
      expect(faultOf(text.slice(0, length))).not.toBe("");
    }
    expect(faultOf("")).toBe("is empty");
  });

  test("every wrong field is named", () => {
    const wrong: [string, unknown, string][] = [
      ["v", 2, "later skerry"],
      ["v", "1", '"v": 1'],
      ["network", "moon", "main, dev"],
      ["seed", "ab", "64 hex"],
      ["seed", "g".repeat(64), "64 hex"],
      ["seed", 7, "64 hex"],
      ["idNonce", "-1", "idNonce"],
      ["idNonce", 12, "idNonce"],
      ["idNonce", "18446744073709551616", "idNonce"],
      ["idNonce", "007", "idNonce"],
      ["rankNonce", null, "rankNonce"],
      ["rank", 64, "rank"],
      ["rank", 1.5, "rank"],
      ["search", null, "search"],
      ["search", { id: { next: "0", tries: -1 }, rank: { next: "0", tries: 0 } }, "search"],
      ["extra", 1, '"extra"'],
    ];
    for (const [name, value, part] of wrong) {
      expect(faultOf(withField(name, value))).toContain(part);
    }
    for (const source of ["[]", "null", "3", '"x"']) expect(faultOf(source)).toContain("object");
  });

  test("no fault quotes the seed", () => {
    const seedHex = toHex(record.seed);
    for (const name of Object.keys(JSON.parse(text))) {
      expect(faultOf(withField(name, `${seedHex}!`))).not.toContain(seedHex);
    }
  });
});
