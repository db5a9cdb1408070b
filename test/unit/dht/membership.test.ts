import { dhtConfig } from "../../../src/dht/mod.ts";
import { Membership } from "../../../src/dht/membership.ts";
import type { DhtContext } from "../../../src/dht/context.ts";
import {
  at,
  contactFrom,
  contextFor,
  honestPeer,
  peerFrom,
  takeAll,
} from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";

function fresh() {
  const context = contextFor();
  return { context, membership: new Membership(context) };
}
const kinds = (context: DhtContext) => takeAll(context).map(({ kind }) => kind);
/** A request in flight to a peer since `startedAt`. */
function asked(context: DhtContext, number: number, startedAt: number) {
  context.ask({ type: "PING", seq: 1 }, peerFrom(number), { kind: "ping" }, at(startedAt));
  const [request] = context.requests.abandon(peerFrom(number).publicKey.toHex());
  if (request === undefined) throw new Error("not in flight");
  takeAll(context);
  return request;
}

test("a node comes in when it has answered and its claim is verified, in this order", () => {
  const { context, membership } = fresh();
  const peer = honestPeer(1);
  membership.noteVerified(peer, peer.nodeId, at(0)); // verified, but never answered
  expect(context.table.size).toBe(0);
  membership.noteAnswer(peer, at(10));
  expect(kinds(context)).toEqual(["verify_work"]);
  expect(context.table.size).toBe(0);
  context.identities.settle(peer, peer.nodeId);
  membership.noteVerified(peer, peer.nodeId, at(20));
  expect(takeAll(context)).toEqual([{
    kind: "contact_added",
    contact: {
      publicKey: peer.publicKey,
      address: peer.address,
      idNonce: peer.idNonce,
      nodeId: peer.nodeId,
    },
  }]);
  expect(context.table.get(peer.publicKey.toHex())?.lastSeen).toBe(at(10));
});

test("a known claim comes in at once; a false one is banned", () => {
  const { context, membership } = fresh();
  const peer = honestPeer(1);
  context.identities.settle(peer, peer.nodeId);
  membership.noteAnswer(peer, at(0));
  expect(kinds(context)).toEqual(["contact_added"]);
  const liar = peerFrom(2);
  membership.noteAnswer(liar, at(0));
  context.identities.settle(liar, undefined);
  membership.noteVerified(liar, undefined, at(1));
  expect(kinds(context)).toEqual(["verify_work", "peer_blamed"]);
  expect(context.identities.isBanned(liar.publicKey.toHex(), at(2))).toBe(true);
});

test("no claim is checked for the table where the table has no place", () => {
  const { context, membership } = fresh();
  const { k, table } = dhtConfig(false);
  for (let i = 0; i < k + table.benchMax; i++) {
    context.table.offer(contactFrom(`08${i.toString(16).padStart(2, "0")}`)); // bucket 4: k places
  }
  membership.noteAnswer(peerFrom(1), at(0), 0x08ffffff);
  expect(kinds(context)).toEqual([]);
  membership.noteAnswer(peerFrom(1), at(0), 0x80ffffff);
  expect(kinds(context)).toEqual(["verify_work"]);
});

test("a node that changes its claim loses its place until the new one is verified", () => {
  const { context, membership } = fresh();
  const peer = honestPeer(1);
  context.identities.settle(peer, peer.nodeId);
  membership.noteAnswer(peer, at(0));
  membership.noteAnswer({ ...peer, idNonce: peer.idNonce + 1n }, at(1));
  expect(kinds(context)).toEqual(["contact_added", "contact_removed", "verify_work"]);
  expect(context.table.size).toBe(0);
});

test("a node whose new claim is verified already has its new place at once, and only that", () => {
  const { context, membership } = fresh();
  const peer = honestPeer(1);
  const before = { ...peer, idNonce: peer.idNonce + 1n };
  const otherId = contactFrom("80").nodeId;
  context.identities.settle(before, otherId);
  membership.noteAnswer(before, at(0));
  context.identities.settle(peer, peer.nodeId); // others have told of it
  takeAll(context);
  membership.noteAnswer(peer, at(10));
  expect(kinds(context)).toEqual(["contact_removed", "contact_added"]);
  const { table } = context;
  expect([...table.contacts()].map(({ nodeId, idNonce }) => [nodeId, idNonce]))
    .toEqual([[peer.nodeId, peer.idNonce]]);
  expect(table.closest(otherId, 9).map(({ nodeId }) => nodeId)).toEqual([peer.nodeId]);
  membership.noteAnswer(before, at(20));
  membership.noteVerified(peer, peer.nodeId, at(20)); // nothing of it was waited for
  expect(kinds(context)).toEqual(["contact_removed", "contact_added"]);
  expect(table.bucketSizes().reduce((sum, size) => sum + size)).toBe(1);
});

test("a node that asks us something is pinged, once a minute at most", () => {
  const { context, membership } = fresh();
  membership.noteQuestion(peerFrom(1), at(0));
  membership.noteQuestion(peerFrom(1), at(59_999));
  expect(kinds(context)).toEqual(["send"]);
  membership.noteQuestion(peerFrom(1), at(60_000));
  expect(kinds(context)).toEqual(["send"]);
  const peer = honestPeer(2);
  context.identities.settle(peer, peer.nodeId);
  membership.noteAnswer(peer, at(60_000));
  takeAll(context);
  membership.noteQuestion(peer, at(60_001));
  expect(kinds(context)).toEqual([]); // in the table already
});

test("a node that has answered and waits for its check is not pinged", () => {
  const { context, membership } = fresh();
  membership.noteAnswer(peerFrom(1), at(0));
  membership.noteQuestion(peerFrom(1), at(1));
  expect(kinds(context)).toEqual(["verify_work"]);
});

test("a private address on main is neither pinged nor kept", () => {
  const { context, membership } = fresh();
  const address = { ip: "10.1.1.1", port: 4001 };
  const peer = { ...honestPeer(1), address };
  membership.noteQuestion(peer, at(0));
  membership.noteAnswer(peer, at(0));
  context.identities.settle(peer, peer.nodeId);
  membership.noteAnswer(peer, at(0));
  expect([kinds(context), context.table.size]).toEqual([[], 0]);
});

test("silence counts against a node only if others answered lately, or for a long time", () => {
  const { context, membership } = fresh();
  const [silent, other] = [honestPeer(1), honestPeer(2)];
  for (const peer of [silent, other]) {
    context.identities.settle(peer, peer.nodeId);
    membership.noteAnswer(peer, at(0));
  }
  takeAll(context);
  const failures = () => context.table.get(silent.publicKey.toHex())?.failures;
  membership.noteFailure(asked(context, 1, 15_000), at(16_500));
  expect(failures()).toBe(0); // nobody answered for a while: it may be our own line
  const request = asked(context, 1, 20_000);
  membership.noteAnswer(other, at(20_500));
  membership.noteFailure(request, at(21_500));
  expect(failures()).toBe(1);
  membership.noteFailure(asked(context, 1, 36_000), at(36_000 + dhtConfig(false).outageMaxMs));
  expect(failures()).toBe(2);
  for (let i = 0; i < 3; i++) membership.noteFailure(asked(context, 1, 4000), at(400_000));
  expect(kinds(context)).toEqual(["contact_removed"]);
});
