import fc from "fast-check";
import { forgivenOver, lineOf } from "../../../src/market/mod.ts";
import { expect, test } from "../../support/harness.ts";

const MIB = 2n ** 20n;

test("a stranger has 2 MiB for each bit of rank, and none without rank", () => {
  expect([0, 1, 12, 63].map((rank) => lineOf(rank, 0n))).toEqual([
    0n,
    2n * MIB,
    24n * MIB,
    126n * MIB,
  ]);
});

test("law: a line grows with what was repaid, up to 100 MiB × rank", () => {
  fc.assert(fc.property(fc.nat(63), fc.bigInt(0n, 2n ** 50n), (rank, repaid) => {
    const ceiling = 100n * MIB * BigInt(rank);
    const earned = 2n * MIB * BigInt(rank) + repaid;
    expect(lineOf(rank, repaid)).toBe(earned < ceiling ? earned : ceiling);
  }));
  expect(lineOf(12, 10n ** 12n)).toBe(1_200n * MIB);
});

test("each fault halves the line", () => {
  expect([0, 1, 2].map((faults) => lineOf(12, 0n, faults))).toEqual([
    24n * MIB,
    12n * MIB,
    6n * MIB,
  ]);
});

test("an idle uplink forgives 8 KiB a second for each bit of rank; a busy one nothing", () => {
  expect(forgivenOver(1_000, 12, 1)).toBe(98_304n);
  expect(forgivenOver(60_000, 12, 0.5)).toBe(2_949_120n);
  expect([forgivenOver(60_000, 12, 0), forgivenOver(60_000, 0, 1)]).toEqual([0n, 0n]);
  expect([forgivenOver(1_000, 1, 7), forgivenOver(1_000, 1, -7)]).toEqual([8_192n, 0n]);
});
