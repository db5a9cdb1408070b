import { FoundProviders } from "../../../src/dht/found_providers.ts";
import { at, keyFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";

const main = { allowsPrivateAddresses: false };
const record = (number: number, ip?: string) => ({
  publicKey: keyFrom(number),
  address: ip === undefined ? undefined : { ip, port: 4001 },
  flags: 0,
  factor: 0,
  expiresAt: at(9),
});
const nowhere = () => undefined;

test("each provider is news once, and again when its address becomes known", () => {
  const found = new FoundProviders();
  expect(found.add([record(2), record(3, "80.1.1.1")], main, nowhere)).toHaveLength(2);
  expect([found.size, found.dialable]).toEqual([2, 1]);
  expect(found.add([record(2), record(3, "80.9.9.9")], main, nowhere)).toEqual([]);
  const news = found.add([record(2, "80.1.1.2")], main, nowhere);
  expect(news.map(({ address }) => address?.ip)).toEqual(["80.1.1.2"]);
  expect([found.size, found.dialable]).toEqual([2, 2]);
});

test("a key without address is resolved where we know it", () => {
  const found = new FoundProviders();
  const place = { ip: "80.2.2.2", port: 5 };
  const addressOf = (key: string) => key === keyFrom(4).toHex() ? place : undefined;
  const news = found.add([record(4), record(5)], main, addressOf);
  expect(news.map(({ address }) => address)).toEqual([place, undefined]);
});

test("an address we may not dial counts as none", () => {
  const found = new FoundProviders();
  const [news] = found.add([record(2, "10.0.0.1")], main, nowhere);
  expect(news?.address).toBeUndefined();
  const dev = { allowsPrivateAddresses: true };
  const [there] = found.add([record(3, "10.0.0.1")], dev, nowhere);
  expect(there?.address?.ip).toBe("10.0.0.1");
});

test("what one lookup is told is bounded", () => {
  const found = new FoundProviders();
  for (let i = 0; i < 1000; i++) found.add([record(i, "80.1.1.1")], main, nowhere);
  expect(found.size).toBe(512);
});
