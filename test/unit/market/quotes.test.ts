import { after, asChunkId, asPublicKey, type Instant } from "../../../src/lib/mod.ts";
import { QUOTE_TTL_MS, Quotes } from "../../../src/market/mod.ts";
import { expect, test } from "../../support/harness.ts";

const NOW = 3 as Instant;
const id = asChunkId(new Uint8Array(20).fill(1));
const publisher = asPublicKey(new Uint8Array(32).fill(1));
const quote = { id, publisher, bytes: 10, weeks: 1, priceCb: 3n };

test("a quote holds for its publisher and chunk, for a minute, until it is taken up", () => {
  const quotes = new Quotes();
  quotes.add(7, quote, NOW);
  expect(quotes.find(7, publisher, id, NOW)).toMatchObject(quote);
  expect(quotes.find(8, publisher, id, NOW)).toBeUndefined();
  expect(quotes.find(7, asPublicKey(new Uint8Array(32)), id, NOW)).toBeUndefined();
  expect(quotes.find(7, publisher, new Uint8Array(20), NOW)).toBeUndefined();
  expect(quotes.find(7, publisher, id, after(NOW, QUOTE_TTL_MS - 1))).toBeDefined();
  expect(quotes.find(7, publisher, id, after(NOW, QUOTE_TTL_MS))).toBeUndefined();
  quotes.close(7);
  expect(quotes.find(7, publisher, id, NOW)).toBeUndefined();
});

test("askers without end push out quotes, not memory", () => {
  const quotes = new Quotes();
  for (let number = 0; number <= 4_096; number++) quotes.add(number, quote, NOW);
  expect(quotes.find(0, publisher, id, NOW)).toBeUndefined();
  expect(quotes.find(4_096, publisher, id, NOW)).toBeDefined();
});
