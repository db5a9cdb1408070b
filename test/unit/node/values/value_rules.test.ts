import { checkSeconds, checkValue, namedValue } from "../../../../src/node/values/value_rules.ts";
import { expect, test } from "../../../support/harness.ts";
import { SIGNED_AT_MS, valueOf } from "../../../support/record_fixture.ts";

test("bounds are told with the rule, the value and what to do", () => {
  checkValue(new Uint8Array(1000), new Uint8Array(64));
  expect(() => checkValue(new Uint8Array(1001), new Uint8Array()))
    .toThrow("A value has at most 1000 bytes, not 1001; publish what is longer and put its link");
  expect(() => checkValue(new Uint8Array(), new Uint8Array(65)))
    .toThrow("A salt has at most 64 bytes, not 65");
  checkSeconds("ttl", 0, 0, 10);
  for (const wrong of [-1, 11, 0.5, NaN]) {
    expect(() => checkSeconds("ttl", wrong, 0, 10))
      .toThrow(`A ttl is a whole number of seconds from 0 to 10, not ${wrong}`);
  }
});

test("a reader is told when a record was signed, and when it runs out", () => {
  const record = valueOf("a", { seq: 7n, lifetimeSeconds: 60 });
  expect(namedValue(record, { freshSeconds: 5, source: "network", agreeing: 3 })).toEqual({
    publicKey: record.publicKey,
    salt: record.salt,
    seq: 7n,
    value: record.value,
    signedAtMs: SIGNED_AT_MS,
    expiresMs: SIGNED_AT_MS + 60_000,
    ttlSeconds: 300,
    freshSeconds: 5,
    source: "network",
    agreeing: 3,
  });
});
