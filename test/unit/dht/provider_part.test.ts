import fc from "fast-check";
import {
  decodeProviderPart,
  encodeProviderPart,
  type KeptKey,
} from "../../../src/dht/provider_part.ts";
import { toHex } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { anyAddress, anyBytes, anyKey } from "../../support/wire_arbitraries.ts";

const anySource = fc.record({
  publicKey: anyKey,
  address: anyAddress,
  isListedByAddress: fc.boolean(),
}).map((source) => ({ ...source, key: toHex(source.publicKey) }));
/** Keys whose records come from few sources, as they do. */
const anyKeys: fc.Arbitrary<KeptKey[]> = fc.uniqueArray(anySource, {
  minLength: 1,
  maxLength: 5,
  selector: ({ key }) => key,
}).chain((sources) => {
  const terms = { expires: fc.nat(2 ** 32 - 1), flags: fc.nat(255), factor: fc.nat(255) };
  const record = fc.tuple(fc.constantFrom(...sources), fc.record(terms))
    .map(([source, rest]) => ({ source, ...rest }));
  return fc.array(fc.record({ key: anyBytes(20), records: fc.array(record, { maxLength: 6 }) }), {
    maxLength: 8,
  });
});

test("law: what was kept comes back, a source stands there once", () => {
  fc.assert(fc.property(anyKeys, (keys) => {
    expect(decodeProviderPart(encodeProviderPart(keys))).toEqual(keys);
  }));
  const source = {
    key: "01".repeat(32),
    publicKey: new Uint8Array(32).fill(1) as never,
    address: { ip: "90.1.2.3", port: 1 },
    isListedByAddress: true,
  };
  const record = { source, expires: 1, flags: 0, factor: 0 };
  const bytesOf = (records: number) =>
    encodeProviderPart([{ key: new Uint8Array(20), records: Array(records).fill(record) }]).length;
  expect(bytesOf(3) - bytesOf(2)).toBe(10);
});

test("law: of damaged bytes what comes before the fault is read, and nothing throws", () => {
  fc.assert(fc.property(anyKeys, fc.nat(), fc.nat(255), (keys, at, flip) => {
    const bytes = encodeProviderPart(keys);
    expect(keys).toEqual(expect.arrayContaining(
      decodeProviderPart(bytes.subarray(0, at % bytes.length)),
    ));
    bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ flip;
    decodeProviderPart(bytes);
  }));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
    decodeProviderPart(Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0, 2, ...bytes));
  }));
  expect(decodeProviderPart(Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0))).toEqual([]);
});
