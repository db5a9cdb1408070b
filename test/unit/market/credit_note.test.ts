import {
  AMOUNT_MAX,
  isCreditNoteSigned,
  parseCreditNote,
  signCreditNote,
} from "../../../src/market/mod.ts";
import { CREDIT_NOTE_BYTES } from "../../../src/wire/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { NETWORK_ID } from "../../support/market_parts.ts";
import { BUYER, invoiceId, SELLER } from "../../support/payment_parts.ts";

const statement = {
  clientKey: BUYER.publicKey,
  epoch: 7,
  seq: 2n,
  cb: 5n,
  totalCb: 9n,
  invoice: invoiceId(3),
  signedAtMs: 1_000n,
};

test("a note is read back as it was signed, and its signature holds on this network alone", () => {
  const note = signCreditNote(SELLER, NETWORK_ID, statement);
  const read = parseCreditNote(note.bytes, NETWORK_ID);
  expect(read).toEqual(note);
  expect(read?.serverKey).toEqual(SELLER.publicKey);
  expect(isCreditNoteSigned(note, NETWORK_ID)).toBe(true);
  expect(parseCreditNote(note.bytes, new Uint8Array(4))).toBeUndefined();
});

test("whatever bit is changed, it is no note of this server any more", () => {
  const { bytes } = signCreditNote(SELLER, NETWORK_ID, statement);
  for (let at = 0; at < CREDIT_NOTE_BYTES; at++) {
    const changed = bytes.slice();
    changed[at] = (changed[at] ?? 0) ^ 0x10;
    const read = parseCreditNote(changed, NETWORK_ID);
    expect(read !== undefined && isCreditNoteSigned(read, NETWORK_ID)).toBe(false);
  }
});

test("sums that cannot be are refused before the signature is looked at", () => {
  const cases = [
    { seq: 0n },
    { cb: 0n },
    { cb: 10n },
    { totalCb: AMOUNT_MAX + 1n },
    { signedAtMs: 2n ** 63n },
  ];
  for (const changes of cases) {
    const { bytes } = signCreditNote(SELLER, NETWORK_ID, { ...statement, ...changes });
    expect(parseCreditNote(bytes, NETWORK_ID)).toBeUndefined();
  }
});
