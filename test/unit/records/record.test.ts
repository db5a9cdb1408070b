import { expiresMs, immutableRecord, seqOf, signHost } from "../../../src/records/mod.ts";
import { utf8 } from "../../../src/lib/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { NETWORK, OWNER, SIGNED_AT_MS, valueOf } from "../../support/record_fixture.ts";

const parent = (leaseUntil: number) => ({
  publicKey: OWNER.publicKey,
  address: { ip: "192.0.2.1", port: 4001 },
  leaseUntil,
});

test("a mutable record is believed for its lifetime from when it was signed", () => {
  expect(expiresMs(valueOf("a", { lifetimeSeconds: 60 }))).toBe(SIGNED_AT_MS + 60_000);
});

test("a host record is believed until its last lease has run out", () => {
  const parents = [parent(100), parent(300), parent(200)];
  const record = signHost(OWNER, NETWORK, { seq: 1n, parents, capabilities: 0 });
  expect(expiresMs(record)).toBe(300_000);
});

test("an immutable record holds for ever and has no successor", () => {
  const record = immutableRecord(utf8("fixed"));
  expect(expiresMs(record)).toBeUndefined();
  expect(seqOf(record)).toBe(0n);
  expect(seqOf(valueOf("a", { seq: 7n }))).toBe(7n);
});
