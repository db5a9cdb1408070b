import { KBucket, tableContact } from "../../../src/dht/k_bucket.ts";
import { contactFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";

test("a bucket keeps the least-recently-seen first", () => {
  const bucket = new KBucket(3, 2);
  const [a, b, c] = [contactFrom("a0"), contactFrom("b0"), contactFrom("c0")] as const;
  for (const contact of [a, b, c]) bucket.add(contact);
  expect(bucket.isFull).toBe(true);
  bucket.touch(a);
  expect(bucket.contacts).toEqual([b, c, a]);
  expect([bucket.remove(c), bucket.remove(c)]).toEqual([true, false]);
  bucket.touch(c); // gone: nothing happens
  expect(bucket.contacts).toEqual([b, a]);
  expect(bucket.idPrefixes).toEqual([b.idPrefix | 0, a.idPrefix | 0]);
  bucket.replace(b, c);
  expect(bucket.contacts).toEqual([c, a]);
  expect(bucket.idPrefixes).toEqual([c.idPrefix | 0, a.idPrefix | 0]);
  expect(bucket.prefixes).toEqual([c.prefix, a.prefix]);
  bucket.touch(c);
  expect(bucket.contacts).toEqual([a, c]);
  expect(bucket.idPrefixes).toEqual([a.idPrefix | 0, c.idPrefix | 0]);
  expect(bucket.prefixes).toEqual([a.prefix, c.prefix]);
});

test("the bench keeps the freshest, one place a node, and calls the freshest that suits", () => {
  const bucket = new KBucket(1, 2);
  const [a, b, c] = [contactFrom("a0"), contactFrom("b0"), contactFrom("c0")] as const;
  bucket.sit(a);
  bucket.sit(b);
  bucket.sit(a);
  expect(bucket.bench).toEqual([b, a]);
  bucket.sit(c);
  expect(bucket.bench).toEqual([a, c]);
  expect(bucket.call((contact) => contact !== c)).toBe(a);
  expect(bucket.call((contact) => contact !== c)).toBeUndefined();
  bucket.leave(c.key);
  expect(bucket.call(() => true)).toBeUndefined();
});

test("tableContact() knows its prefix and has not failed yet", () => {
  const contact = tableContact(contactFrom("a0", { ip: "80.1.2.3" }));
  expect([contact.prefix, contact.failures]).toEqual([80 * 65_536 + 1 * 256 + 2, 0]);
});
