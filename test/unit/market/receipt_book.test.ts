import {
  Account,
  add,
  newAccountState,
  ReceiptBook,
  signReceipt,
} from "../../../src/market/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { keyOf, NETWORK_ID, START_MS, unixAt } from "../../support/market_parts.ts";

const MIB = 2n ** 20n;
const [clientKey, serverKey] = [keyOf(1), keyOf(2)];
const LATER = { isFinal: false, windowBytes: 8n * MIB };
const FINAL = { isFinal: true, windowBytes: 8n * MIB };

/** A client that had 4 MiB at factor 2, and its server, which counted as much. */
function pair() {
  const client = new ReceiptBook(clientKey, NETWORK_ID);
  const server = new ReceiptBook(serverKey, NETWORK_ID);
  const atClient = new Account(newAccountState(serverKey.publicKey, START_MS));
  const atServer = new Account(newAccountState(clientKey.publicKey, START_MS));
  atServer.rank = 12;
  add(atClient.state.bought, 4n * MIB, 8n * MIB);
  add(atServer.state.sold, 4n * MIB, 8n * MIB);
  return { client, server, atClient, atServer };
}

/** A receipt by the client that says anything. */
const forged = (seq: bigint, bytes: bigint, cb: bigint, epoch = START_MS / 1000) =>
  signReceipt(clientKey, NETWORK_ID, {
    serverKey: serverKey.publicKey,
    epoch,
    seq,
    total: { bytes, cb },
    signedAtMs: BigInt(START_MS),
  }).bytes;

test("a client signs for all it has had, and then has nothing unsigned", () => {
  const { client, atClient } = pair();
  expect([client.unsignedBytes(atClient), client.isDue(atClient)]).toEqual([4n * MIB, true]);
  const first = client.sign(atClient, unixAt(0));
  expect([first.seq, first.total]).toEqual([1n, { bytes: 4n * MIB, cb: 8n * MIB }]);
  expect([client.unsignedBytes(atClient), client.isDue(atClient)]).toEqual([0n, false]);
  add(atClient.state.bought, 0n, 1024n); // a fee
  expect([client.unsignedBytes(atClient), client.isDue(atClient)]).toEqual([0n, true]);
  expect(client.sign(atClient, unixAt(1)).seq).toBe(2n);
});

test("what was signed for and then proved wrong does not lower the total", () => {
  const { client, atClient } = pair();
  client.sign(atClient, unixAt(0));
  atClient.state.bought.bytes -= MIB;
  atClient.state.bought.cb -= 2n * MIB;
  expect(client.sign(atClient, unixAt(1)).total).toEqual({ bytes: 4n * MIB, cb: 8n * MIB });
});

test("a server takes a receipt once and again, and then nothing is unsigned", () => {
  const { client, server, atClient, atServer } = pair();
  const { bytes } = client.sign(atClient, unixAt(0));
  expect(atServer.unreceiptedBytes).toBe(4n * MIB);
  expect(server.take(atServer, bytes, LATER, unixAt(0))).toEqual({ verdict: "taken" });
  expect(server.take(atServer, bytes, LATER, unixAt(0))).toEqual({ verdict: "taken" });
  expect(atServer.unreceiptedBytes).toBe(0n);
});

test("a replay of an older receipt changes nothing and is answered with the later one", () => {
  const { client, server, atClient, atServer } = pair();
  const old = client.sign(atClient, unixAt(0)).bytes;
  add(atClient.state.bought, MIB, MIB);
  const later = client.sign(atClient, unixAt(1));
  server.take(atServer, later.bytes, LATER, unixAt(1));
  expect(server.take(atServer, old, FINAL, unixAt(2))).toMatchObject({ verdict: "held" });
  expect(atServer.receipted).toEqual(later.total);
  expect(atServer.lineAt(unixAt(3))).toBe(24n * MIB); // honest: packets overtake each other
});

test("a question is answered with the receipt held, and changes nothing", () => {
  const { client, server, atClient, atServer } = pair();
  const question = client.shown(atClient);
  expect(server.take(atServer, question, FINAL, unixAt(0))).toEqual({ verdict: "none" });
  expect(client.take(atClient, question, FINAL, unixAt(0))).toEqual({ verdict: "invalid" });
  const { epoch } = atClient.state;
  server.take(atServer, forged(1n, MIB, MIB, epoch - 1), LATER, unixAt(0));
  expect(server.take(atServer, question, FINAL, unixAt(0))).toEqual({ verdict: "none" });
  const held = client.sign(atClient, unixAt(0));
  expect(client.shown(atClient)).toEqual(held.bytes);
  server.take(atServer, held.bytes, LATER, unixAt(0));
  const before = { ...atServer.state };
  expect(server.take(atServer, question, FINAL, unixAt(1))).toEqual({ verdict: "held", held });
  expect(atServer.state).toEqual(before);
});

test("who has asked and signs another one of that number all the same is a cheat", () => {
  const { client, server, atClient, atServer } = pair();
  server.take(atServer, forged(1n, 4n * MIB, 8n * MIB), LATER, unixAt(0));
  expect(server.take(atServer, client.shown(atClient), LATER, unixAt(1)).verdict).toBe("held");
  const another = client.sign(atClient, unixAt(2)).bytes;
  expect(server.take(atServer, another, LATER, unixAt(2)))
    .toEqual({ verdict: "fault", why: "equivocation" });
});

test("two receipts of one number, or a total that falls, halve the line; twice ends trade", () => {
  const { server, atServer } = pair();
  server.take(atServer, forged(5n, 4n * MIB, 8n * MIB), LATER, unixAt(0));
  expect(server.take(atServer, forged(5n, 3n * MIB, 8n * MIB), LATER, unixAt(1)))
    .toEqual({ verdict: "fault", why: "equivocation" });
  expect(atServer.lineAt(unixAt(2))).toBe(12n * MIB);
  expect(server.take(atServer, forged(6n, 4n * MIB, 7n * MIB), LATER, unixAt(3)))
    .toEqual({ verdict: "fault", why: "rollback" });
  expect(atServer.isBannedAt(unixAt(4))).toBe(true);
  expect(atServer.receipted).toEqual({ bytes: 4n * MIB, cb: 8n * MIB });
});

test("a receipt for another server, by another client or with a bad signature is none", () => {
  const { server, atServer, client, atClient } = pair();
  const good = client.sign(atClient, unixAt(0)).bytes;
  const stranger = new Account(newAccountState(keyOf(3).publicKey, START_MS));
  expect(server.take(stranger, good, LATER, unixAt(0))).toEqual({ verdict: "invalid" });
  expect(client.take(atClient, good, LATER, unixAt(0))).toEqual({ verdict: "invalid" });
  const bad = good.slice();
  bad[168] = (bad[168] ?? 0) ^ 1;
  expect(server.take(atServer, bad, LATER, unixAt(0))).toEqual({ verdict: "invalid" });
  expect(atServer.state.theirs).toBeUndefined();
});

test("what a client signs beyond our count is believed at once", () => {
  const { server, atServer } = pair();
  server.take(atServer, forged(1n, 6n * MIB, 9n * MIB), LATER, unixAt(0));
  expect(atServer.state.sold).toEqual({ bytes: 6n * MIB, cb: 9n * MIB });
});

test("it is believed a window at a time: no signature makes a debt out of nothing", () => {
  const { server, atServer } = pair();
  const huge = 2n ** 60n;
  server.take(atServer, forged(1n, huge, huge), FINAL, unixAt(0));
  expect(atServer.state.sold).toEqual({ bytes: 12n * MIB, cb: 8n * MIB + 160n * 8n * MIB });
  expect([atServer.unreceiptedBytes, atServer.faultsAt(unixAt(1))]).toEqual([0n, 0]);
});

test("a final word below our count is accepted, up to one window and a 64th of all", () => {
  const { server, atServer } = pair();
  server.take(atServer, forged(1n, 3n * MIB, 6n * MIB), LATER, unixAt(0));
  expect(atServer.state.sold.bytes).toBe(4n * MIB); // perhaps the rest is still to come
  server.take(atServer, forged(2n, 3n * MIB, 6n * MIB), FINAL, unixAt(1));
  expect(atServer.state.sold).toEqual({ bytes: 3n * MIB, cb: 6n * MIB });
  expect(atServer.state.writtenOff).toEqual({ bytes: MIB, cb: 2n * MIB });
  expect(atServer.lineAt(unixAt(2))).toBe(24n * MIB);
});

test("one that comes again with nothing on its way is a last word, and believed no further", () => {
  const { server, atServer } = pair();
  const receipt = forged(1n, 3n * MIB, 6n * MIB);
  server.take(atServer, receipt, LATER, unixAt(0));
  atServer.handedBytes = 1n;
  server.take(atServer, receipt, LATER, unixAt(1));
  expect(atServer.state.sold).toEqual({ bytes: 4n * MIB, cb: 8n * MIB });
  atServer.handedBytes = 0n;
  for (let i = 0; i < 3; i++) server.take(atServer, receipt, LATER, unixAt(2));
  expect(atServer.state.sold).toEqual({ bytes: 3n * MIB, cb: 6n * MIB });
  expect(atServer.state.writtenOff).toEqual({ bytes: MIB, cb: 2n * MIB });
  const huge = forged(2n, 2n ** 60n, 2n ** 60n);
  for (let i = 0; i < 3; i++) server.take(atServer, huge, FINAL, unixAt(3));
  expect(atServer.state.sold.bytes).toBe(11n * MIB); // a window, once
});

test("a receipt that came late is no loss: what the next one signs for is taken back", () => {
  const { server, atServer } = pair();
  let [bytes, cb] = [4n * MIB, 8n * MIB];
  for (let seq = 1n; seq < 12n; seq += 2n) {
    server.take(atServer, forged(seq, bytes - 2n * MIB, cb - 4n * MIB), FINAL, unixAt(0));
    expect(atServer.state.writtenOff).toEqual({ bytes: 2n * MIB, cb: 4n * MIB });
    server.take(atServer, forged(seq + 1n, bytes, cb), FINAL, unixAt(1));
    expect(atServer.state.sold).toEqual({ bytes, cb });
    expect(atServer.state.writtenOff).toEqual({ bytes: 0n, cb: 0n });
    [bytes, cb] = [bytes + 8n * MIB, cb + 16n * MIB];
    add(atServer.state.sold, 8n * MIB, 16n * MIB);
  }
  expect(atServer.faultsAt(unixAt(2))).toBe(0);
});

test("who keeps back more than a window loses half the line, be it bytes or price", () => {
  for (const [bytes, cb] of [[20n, 60n], [30n, 20n]] as const) {
    const { server, atServer } = pair();
    atServer.state.sold.bytes = 30n * MIB;
    atServer.state.sold.cb = 60n * MIB;
    server.take(atServer, forged(1n, bytes * MIB, cb * MIB), FINAL, unixAt(0));
    expect(atServer.lineAt(unixAt(1))).toBe(12n * MIB);
  }
});

test("a receipt tells what of it is for places: that alone is owed of what was agreed", () => {
  const { client, server, atClient, atServer } = pair();
  atServer.state.unacknowledgedCb = 7n * MIB;
  atClient.state.placedCb = 5n * MIB; // the answer to an order of 2 MiB got lost
  const { bytes, total } = client.sign(atClient, unixAt(0));
  expect([total.cb, atClient.state.placedSignedCb]).toEqual([13n * MIB, 5n * MIB]);
  const told = { ...FINAL, placedCb: 5n * MIB };
  for (let i = 0; i < 2; i++) server.take(atServer, bytes, told, unixAt(1));
  const { hostedCb, unacknowledgedCb, sold } = atServer.state;
  expect([hostedCb, unacknowledgedCb, sold.cb]).toEqual([5n * MIB, 2n * MIB, 8n * MIB]);
  expect([atServer.balance.cb, atClient.balance.cb]).toEqual([13n * MIB, -13n * MIB]);
});

test("what is said of places moves nothing that was signed for, however it is said", () => {
  for (const placedCb of [0n, 3n * MIB, 8n * MIB, 2n ** 63n]) {
    const { server, atServer } = pair();
    server.take(atServer, forged(1n, 4n * MIB, 8n * MIB), { ...FINAL, placedCb }, unixAt(0));
    expect(atServer.balance.cb).toBe(8n * MIB);
  }
  const { server, atServer } = pair();
  const huge = 2n ** 60n;
  const told = { ...FINAL, placedCb: huge };
  server.take(atServer, forged(1n, 4n * MIB, huge), told, unixAt(0));
  expect(atServer.balance.cb).toBe(8n * MIB + 2n * 160n * 8n * MIB); // no debt out of nothing
});

test("after a loss on either side places are owed once, as sold or as hosted", () => {
  const { client, server, atClient, atServer } = pair();
  atServer.state.unacknowledgedCb = atClient.state.placedCb = 5n * MIB;
  const first = client.sign(atClient, unixAt(0));
  server.take(atServer, first.bytes, { ...FINAL, placedCb: 5n * MIB }, unixAt(0));
  const lost = new Account({ ...newAccountState(serverKey.publicKey, unixAt(5_000)) });
  lost.state.placedCb = 2n * MIB;
  atServer.state.unacknowledgedCb = 2n * MIB;
  const second = client.sign(lost, unixAt(6_000)); // a later epoch, from nothing
  server.take(atServer, second.bytes, { ...FINAL, placedCb: 2n * MIB }, unixAt(6_000));
  expect([atServer.state.hostedCb, atServer.balance.cb]).toEqual([2n * MIB, 15n * MIB]);
  const behind = new Account(newAccountState(serverKey.publicKey, START_MS));
  behind.state.placedCb = MIB;
  expect(client.adopt(behind, second.bytes)).toBe(true);
  expect([behind.state.placedCb, behind.due.cb]).toEqual([0n, 3n * MIB]);
  expect(atServer.faultsAt(unixAt(7_000))).toBe(0);
});

test("places that a publisher counts as bought since it was put back take its line once", () => {
  const { server, atServer } = pair();
  Object.assign(atServer.state, { hostedCb: 9n * MIB, unacknowledgedCb: 5n * MIB });
  const told = { ...FINAL, placedCb: 5n * MIB }; // it knows of none of the former
  server.take(atServer, forged(1n, 4n * MIB, 22n * MIB), told, unixAt(0));
  expect([atServer.balance.cb, atServer.state.unacknowledgedCb]).toEqual([22n * MIB, 0n]);
});

test("what is signed for after all is taken off what was given up, or off places, not both", () => {
  const { server, atServer } = pair();
  atServer.state.unacknowledgedCb = 5n * MIB;
  server.take(atServer, forged(1n, 4n * MIB, 6n * MIB), FINAL, unixAt(0));
  server.take(atServer, forged(2n, 4n * MIB, 9n * MIB), LATER, unixAt(1));
  const { writtenOff, unacknowledgedCb } = atServer.state;
  expect([writtenOff.cb, unacknowledgedCb, atServer.balance.cb])
    .toEqual([0n, 4n * MIB, 9n * MIB]);
});

test("where nothing but fees was sold, a window is worth 160 credit bytes a byte at most", () => {
  const { server, atServer } = pair();
  Object.assign(atServer.state.sold, { bytes: 0n, cb: 2000n * MIB });
  server.take(atServer, forged(1n, 0n, 0n), FINAL, unixAt(0));
  expect(atServer.faultsAt(unixAt(1))).toBe(1);
});

test("who lost its ledger begins a new epoch, and what it signed before still counts", () => {
  const { server, atServer } = pair();
  const epoch = START_MS / 1000;
  server.take(atServer, forged(9n, 4n * MIB, 8n * MIB, epoch), LATER, unixAt(0));
  server.take(atServer, forged(1n, MIB, MIB, epoch + 60), LATER, unixAt(1));
  expect(atServer.receipted).toEqual({ bytes: 5n * MIB, cb: 9n * MIB });
  expect(server.take(atServer, forged(10n, 9n * MIB, 9n * MIB, epoch), LATER, unixAt(2)))
    .toMatchObject({ verdict: "held" });
});

test("a client whose ledger was put back goes on from the receipt that the server shows", () => {
  const { client, server, atClient, atServer } = pair();
  client.sign(atClient, unixAt(0));
  const backup = { ...atClient.state, bought: { ...atClient.state.bought } };
  add(atClient.state.bought, 2n * MIB, 2n * MIB);
  const last = client.sign(atClient, unixAt(1));
  server.take(atServer, last.bytes, LATER, unixAt(1));
  const restored = new Account(backup);
  expect(client.adopt(restored, last.bytes)).toBe(true);
  expect(client.adopt(restored, last.bytes)).toBe(false); // nothing new
  expect([restored.state.ours?.seq, restored.state.bought]).toEqual([2n, last.total]);
  expect(client.sign(restored, unixAt(2)).seq).toBe(3n);
});

test("what was bought before the receipt was shown is owed beside it, and no less", () => {
  const { client, server, atClient, atServer } = pair();
  client.sign(atClient, unixAt(0));
  const backup = { ...atClient.state, bought: { ...atClient.state.bought } };
  add(atClient.state.bought, 2n * MIB, 9n * MIB);
  const last = client.sign(atClient, unixAt(1));
  server.take(atServer, last.bytes, LATER, unixAt(1));
  const restored = new Account(backup);
  restored.state.placedCb += 5n * MIB; // a place, ordered as soon as there was a connection
  restored.state.bought.bytes += 100n;
  expect(client.adopt(restored, last.bytes)).toBe(true);
  expect(client.adopt(restored, last.bytes)).toBe(false);
  atServer.state.unacknowledgedCb = 5n * MIB;
  const next = client.sign(restored, unixAt(2));
  expect(next.total)
    .toEqual({ bytes: last.total.bytes + 100n, cb: last.total.cb + 5n * MIB });
  server.take(atServer, next.bytes, { ...FINAL, placedCb: 5n * MIB }, unixAt(2));
  expect([atServer.state.hostedCb, atServer.state.unacknowledgedCb]).toEqual([5n * MIB, 0n]);
});

test("a client that lost its ledger while its clock was behind goes on in the later epoch", () => {
  const { client, server, atClient, atServer } = pair();
  const later = forged(7n, 4n * MIB, 8n * MIB, atClient.state.epoch + 60);
  server.take(atServer, later, LATER, unixAt(0));
  atClient.state.bought.bytes = 5n; // all that it knows of
  atClient.state.bought.cb = 6n;
  const behind = client.sign(atClient, unixAt(1)).bytes;
  expect(server.take(atServer, behind, LATER, unixAt(1))).toMatchObject({ verdict: "held" });
  expect(client.adopt(atClient, later)).toBe(true);
  const next = client.sign(atClient, unixAt(2));
  expect([next.seq, next.total]).toEqual([8n, { bytes: 4n * MIB + 5n, cb: 8n * MIB + 6n }]);
  expect(server.take(atServer, next.bytes, LATER, unixAt(2))).toEqual({ verdict: "taken" });
});

test("a client adopts nothing that it did not sign itself", () => {
  const { client, atClient } = pair();
  const others = signReceipt(keyOf(3), NETWORK_ID, {
    serverKey: serverKey.publicKey,
    epoch: atClient.state.epoch,
    seq: 99n,
    total: { bytes: 999n * MIB, cb: 0n },
    signedAtMs: 0n,
  });
  expect(client.adopt(atClient, others.bytes)).toBe(false);
  expect(client.adopt(atClient, forged(99n, 1n, 1n, atClient.state.epoch - 1))).toBe(false);
  expect(client.adopt(atClient, new Uint8Array(3))).toBe(false);
});
