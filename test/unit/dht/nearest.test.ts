import { compareDistance } from "../../../src/dht/distance.ts";
import type { TableContact } from "../../../src/dht/k_bucket.ts";
import { Nearest } from "../../../src/dht/nearest.ts";
import { contactFrom, idFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";

const TARGET = idFrom("5a5a");
const contacts = Array.from({ length: 60 }, (_, i) => {
  return contactFrom(((i * 37) % 256).toString(16).padStart(2, "0"));
});
const any = () => true;
const group = (contacts: readonly TableContact[]) => {
  return { contacts, idPrefixes: contacts.map(({ idPrefix }) => idPrefix | 0) };
};

test("the nearest of all groups are found, nearest first", () => {
  const nearest = new Nearest(TARGET, 7, any);
  for (let i = 0; i < 60; i += 20) nearest.take(group(contacts.slice(i, i + 20)));
  const sorted = [...contacts].sort((a, b) => compareDistance(TARGET, a.nodeId, b.nodeId));
  expect(nearest.found).toEqual(sorted.slice(0, 7));
  expect(nearest.isFull).toBe(true);
});

test("who does not suit takes nobody's place", () => {
  const nearest = new Nearest(TARGET, 3, ({ nodeId }) => (nodeId[0] ?? 0) % 2 === 1);
  nearest.take(group(contacts));
  expect(nearest.found.map(({ nodeId }) => (nodeId[0] ?? 0) % 2)).toEqual([1, 1, 1]);
});

test("equal in the first 32 bits, the rest of the id decides", () => {
  const [near, far] = [contactFrom("5a5a000000"), contactFrom("5a5a000001")];
  const nearest = new Nearest(TARGET, 1, any);
  nearest.take(group([far]));
  nearest.take(group([near]));
  expect(nearest.found).toEqual([near]);
});

test("none are found if none are wanted", () => {
  const nearest = new Nearest(TARGET, 0, any);
  nearest.take(group(contacts));
  expect(nearest.found).toEqual([]);
});
