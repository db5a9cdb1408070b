import { nearestContacts, nearestKnown } from "../../../src/dht/nearest_contacts.ts";
import { CONTACTS_MAX, WANT_IPV6 } from "../../../src/wire/mod.ts";
import { contactFrom, contextFor, idFrom, peerFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";

test("an answer names the nearest living nodes without the asker, of the families wanted", () => {
  const context = contextFor();
  const asker = contactFrom("8001", { number: 1 });
  const silent = contactFrom("8002");
  const near = contactFrom("8003");
  const far = contactFrom("f000", { ip: "2a00:1450::1" });
  for (const contact of [asker, silent, near, far]) context.table.offer(contact);
  for (let i = 0; i < 2; i++) context.table.fail(silent.key);
  const named = (want?: number) =>
    nearestContacts(context, idFrom("8000"), peerFrom(1), want).map(({ idPrefix }) => idPrefix);
  expect(named()).toEqual([0x80030000, 0xf0000000]);
  expect(named(WANT_IPV6)).toEqual([0xf0000000]);
  expect(nearestKnown(context, idFrom("8000"), 2).map(({ nodeId }) => nodeId))
    .toEqual([asker.nodeId, near.nodeId]);
});

test("no answer names more than k", () => {
  const context = contextFor();
  for (let i = 0; i < 40; i++) context.table.offer(contactFrom((0x8000 + i).toString(16)));
  expect(nearestContacts(context, idFrom("80"), peerFrom(1))).toHaveLength(CONTACTS_MAX);
});

test("what is told of a node stays the same object until the node moves", () => {
  const context = contextFor();
  const told = () => nearestContacts(context, idFrom("8000"), peerFrom(1))[0];
  context.table.offer(contactFrom("8003", { number: 7 }));
  const first = told();
  expect(told()).toBe(first);
  context.table.offer(contactFrom("8003", { number: 7, ip: "2a00:1450::1" }));
  expect(told()?.address.ip).toBe("2a00:1450::1");
});
