import fc from "fast-check";
import { readFileSync } from "node:fs";
import { sha1 } from "../../../src/crypto/mod.ts";
import { fromHex, utf8 } from "../../../src/lib/mod.ts";
import {
  defaultMaxPrice,
  fetchPrice,
  isPriceFactor,
  PRICE_FACTOR_MAX,
  priceFactor,
  priceOf,
  repaidFactorMax,
  REQUEST_FEE_CB,
} from "../../../src/market/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { anyBytes } from "../../support/wire_arbitraries.ts";

interface PriceVectors {
  readonly nodeId: string;
  readonly rows: readonly {
    readonly chunk: string;
    readonly id: string;
    readonly log2: number;
    readonly bytes: number;
    readonly price: number;
    readonly fetch: number;
  }[];
}

const vectors = JSON.parse(
  readFileSync(new URL("../../vectors/prices.json", import.meta.url), "utf8"),
) as PriceVectors;
const MIB = 2 ** 20;

test("prices are those of the vectors that Python computed", () => {
  const nodeId = sha1(utf8("node-A"));
  expect(nodeId.toHex()).toBe(vectors.nodeId);
  for (const { chunk, id, log2, bytes, price, fetch } of vectors.rows) {
    const factor = priceFactor(nodeId, fromHex(id) ?? new Uint8Array());
    expect([chunk, factor]).toEqual([chunk, 160 - log2]);
    expect(priceOf(bytes, factor)).toBe(BigInt(price));
    expect(fetchPrice(bytes, factor)).toBe(BigInt(fetch));
  }
});

test("a MiB costs nothing, once, twice, five times or 160 times itself, as S2-07 has it", () => {
  const nodeId = sha1(utf8("node-A"));
  const per = (name: string) => priceOf(MIB, priceFactor(nodeId, sha1(utf8(name))));
  expect(["chunk-0", "chunk-1", "chunk-4", "chunk-2"].map(per)).toEqual(
    [0n, 1_048_576n, 2_097_152n, 5_242_880n],
  );
  expect(priceOf(MIB, priceFactor(nodeId, nodeId))).toBe(167_772_160n);
});

test("law: a price is bytes × (160 − bit length of NID xor CID), and both ends compute it", () => {
  const asNumber = (id: Uint8Array) => BigInt(`0x${id.toHex()}`);
  fc.assert(fc.property(anyBytes(20), anyBytes(20), fc.nat(MIB), (nodeId, id, bytes) => {
    const difference = asNumber(nodeId) ^ asNumber(id);
    const log2 = difference === 0n ? 0n : BigInt(difference.toString(2).length);
    const price = priceOf(bytes, priceFactor(nodeId, id));
    expect(price).toBe(BigInt(bytes) * (160n - log2));
    expect(fetchPrice(bytes, priceFactor(nodeId, id))).toBe(price + REQUEST_FEE_CB);
  }));
});

test("law: a price floor raises what is below it and leaves what is above", () => {
  fc.assert(fc.property(anyBytes(20), anyBytes(20), fc.nat(PRICE_FACTOR_MAX), (node, id, floor) => {
    expect(priceFactor(node, id, floor)).toBe(Math.max(priceFactor(node, id), floor));
  }));
});

test("nothing but whole bytes of a chunk at a factor that can be has a price", () => {
  for (const bytes of [-1, 0.5, MIB + 1, Number.NaN]) expect(() => priceOf(bytes, 1)).toThrow();
  for (const factor of [-1, 0.5, 161, Number.NaN]) {
    expect(() => priceOf(1, factor)).toThrow();
    expect(isPriceFactor(factor)).toBe(false);
  }
});

test("buyers pay up to log2(N) + 4, and small networks count as 4,096 nodes", () => {
  const sizes = [0, 1, 2, 4_096, 4_097, 10_000, 1_000_000, 2 ** 32, Infinity];
  expect(sizes.map(defaultMaxPrice)).toEqual([16, 16, 16, 16, 17, 18, 24, 36, 36]);
});

test("service earns credit at a factor of log2(N) + 2 at most", () => {
  expect([1, 2, 3, 10_000, 1_000_000].map(repaidFactorMax)).toEqual([2, 3, 4, 16, 22]);
});

test("of an honest holder's chunks a buyer in a small network refuses one in 2^17", () => {
  // The chance of a common prefix longer than the default: what the least of 12 bits is chosen by.
  expect(2 ** -(defaultMaxPrice(2) + 1)).toBe(1 / 131_072);
});
