import fc from "fast-check";
import { networkId } from "../../../src/identity/mod.ts";
import {
  checkStatement,
  makeStatement,
  signCreditNote,
  signReceipt,
} from "../../../src/market/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { keyOf } from "../../support/market_parts.ts";

const [us, peer, other] = [keyOf(1), keyOf(2), keyOf(3)];
const ID = networkId("dev");
const signed = (by: typeof us, server: typeof us, epoch: number, amount: bigint) =>
  signReceipt(by, ID, {
    serverKey: server.publicKey,
    epoch,
    seq: 3n,
    total: { bytes: amount, cb: 2n * amount },
    signedAtMs: BigInt(epoch) * 1_000n,
  });
const theirs = [signed(peer, us, 9, 100n), signed(peer, us, 8, 50n)];
const ours = [signed(us, peer, 7, 30n)];
const note = (by: typeof us, client: typeof us, epoch: number, totalCb: bigint) =>
  signCreditNote(by, ID, {
    clientKey: client.publicKey,
    epoch,
    seq: 2n,
    cb: 1n,
    totalCb,
    invoice: new Uint8Array(16),
    signedAtMs: BigInt(epoch) * 1_000n,
  });
const theirNotes = [note(peer, us, 12, 7n), note(peer, us, 11, 5n)];
const ourNotes = [note(us, peer, 10, 9n)];
const signedOfBoth = { theirs, ours, theirNotes, ourNotes };
const statement = makeStatement("dev", us.publicKey, peer.publicKey, signedOfBoth);
const through = (changes: object) =>
  checkStatement(JSON.parse(JSON.stringify({ ...statement, ...changes })));

test("a statement proves what both have signed, over all epochs", () => {
  expect(through({})).toEqual({
    network: "dev",
    publicKey: us.publicKey.toHex(),
    peer: peer.publicKey.toHex(),
    served: { bytes: 150n, cb: 300n },
    received: { bytes: 30n, cb: 60n },
    spentCb: 12n,
    paidCb: 9n,
    signedAtMs: 12_000,
  });
  const unpaid = { paymentsSignedByPeer: undefined, paymentsSignedByUs: undefined };
  expect(through(unpaid)).toMatchObject({ spentCb: 0n, paidCb: 0n, signedAtMs: 9_000 });
  const nothing = through({ ...unpaid, signedByPeer: [], signedByUs: [] });
  expect(nothing).toMatchObject({ served: { bytes: 0n, cb: 0n }, signedAtMs: 0 });
});

test("another's receipt, one twice, another network's or a changed one proves nothing", () => {
  const hex = (receipt: (typeof theirs)[number]) => receipt.bytes.toHex();
  const [first = theirs[0]] = theirs;
  if (first === undefined) throw new Error("no receipt");
  const cases: [object, RegExp][] = [
    [{ signedByPeer: [hex(signed(other, us, 9, 1n))] }, /between other nodes/],
    [{ signedByPeer: [hex(first), hex(first)] }, /an epoch twice/],
    [{ network: "main" }, /no receipt of this network/],
    [{ network: "mars" }, /network is not known/],
    [{ signedByPeer: [`${hex(first).slice(0, -1)}${hex(first).endsWith("0") ? 1 : 0}`] }, /wrong/],
    [{ signedByPeer: new Array(17).fill(hex(first)) }, /at most 16/],
    [{ signedByUs: [hex(first)] }, /between other nodes/],
    [{ signedByUs: undefined }, /signedByUs is no list/],
    [{ paymentsSignedByUs: [note(peer, us, 9, 1n).bytes.toHex()] }, /note between other nodes/],
    [{ paymentsSignedByPeer: [hex(first)] }, /no credit note of this network/],
    [{ peer: "00" }, /64 hex digits/],
    [{ statement: "skerry ledger 2" }, /statement/],
  ];
  for (const [changes, why] of cases) expect(through(changes)).toMatch(why);
});

test("law: anything else is a sentence, never a throw", () => {
  fc.assert(fc.property(fc.jsonValue(), fc.jsonValue(), fc.jsonValue(), (a, b, c) => {
    expect(typeof checkStatement(a)).toBe("string");
    expect(typeof checkStatement({ ...statement, peer: b, signedByPeer: [c] })).toBe("string");
  }));
});
