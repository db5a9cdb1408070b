import {
  Account,
  add,
  newAccountState,
  parseReceipt,
  ReceiptBook,
} from "../../../../src/market/mod.ts";
import { ReceiptDesk } from "../../../../src/node/trade/receipt_desk.ts";
import { after, type Instant, SeededRandom } from "../../../../src/lib/mod.ts";
import { decodeMessage, isDrop, type Message, RECEIPT_CODE } from "../../../../src/wire/mod.ts";
import { expect, test } from "../../../support/harness.ts";
import { keyOf, MIB, NETWORK_ID, START_MS, unixAt } from "../../../support/market_parts.ts";
import { PEER, TradeParts } from "../../../support/trade_parts.ts";

const OWN = keyOf(1);
const TAKEN = { type: "RECEIPT_ACK", code: RECEIPT_CODE.taken, held: new Uint8Array() } as const;

function setUp() {
  const parts = new TradeParts();
  const sent: Message[] = [];
  const signed: number[] = [];
  const desk = new ReceiptDesk({
    book: new ReceiptBook(OWN, NETWORK_ID),
    keeper: parts.keeper,
    transport: {
      info: parts.transport.info,
      sendMessage: (_connection, bytes) => {
        const message = decodeMessage(bytes);
        if (!isDrop(message)) sent.push(message);
        return true;
      },
    },
    clock: parts.clock,
    random: new SeededRandom(1),
    logger: parts.logger,
    wake: () => {},
    onSigned: (connection) => void signed.push(connection),
    windowOf: () => 8n * BigInt(MIB),
    toldBy: () => ({ balance: 0n, line: 2n ** 40n }),
  });
  const buy = (bytes: number) => {
    add(parts.account.state.bought, BigInt(bytes), BigInt(bytes));
    desk.noteBought(PEER, parts.account, 1);
  };
  /** A turn of the loop, and all that the disk answers meanwhile. */
  const turn = async (ms = 0) => {
    await parts.world.advanceSettled(ms);
    desk.turn(parts.now);
    await parts.world.advanceSettled(0);
  };
  const last = () => sent.at(-1) as never as { requestId: number; receipt: Uint8Array };
  return { ...{ parts, desk, sent, signed, buy, turn, last } };
}

/** What the peer signs for what it had of us. */
function theirReceipt(parts: TradeParts, bytes: bigint): Uint8Array {
  const account = new Account(newAccountState(OWN.publicKey, START_MS));
  add(account.state.bought, bytes, bytes);
  return new ReceiptBook(parts.peerKey, NETWORK_ID).sign(account, unixAt(0)).bytes;
}

test("a receipt goes out once a quarter of the window is unsigned and it is on disk", async () => {
  const { parts, desk, sent, buy, turn } = setUp();
  buy(2 * MIB - 1);
  await turn();
  expect(sent).toEqual([]);
  buy(1);
  desk.turn(parts.now);
  expect(sent).toEqual([]); // the disk has not answered yet
  await turn();
  expect(sent.map(({ type }) => type)).toEqual(["RECEIPT"]);
  expect([...parts.file.rows.values()][0]?.ours?.seq).toBe(1n);
});

test("a second after the last slice the rest is signed, and then nothing more", async () => {
  const { desk, sent, buy, turn } = setUp();
  buy(1_000);
  await turn(999);
  expect(sent.length).toBe(0);
  await turn(1);
  expect(sent.length).toBe(1);
  await turn(5_000);
  await turn(5_000);
  expect([sent.length, desk.nextTimeout()]).toEqual([1, undefined]);
});

test("what the server has not confirmed is sent again with the next connection", async () => {
  const { parts, desk, sent, buy, turn, last } = setUp();
  buy(1_000);
  await turn(1_000);
  desk.handleConnected(PEER, parts.peerKey.publicKey);
  await turn();
  expect(sent.length).toBe(2);
  expect(desk.handleAck(PEER, { ...TAKEN, requestId: last().requestId })).toBe(true);
  expect(desk.handleAck(PEER, { ...TAKEN, requestId: last().requestId })).toBe(false);
  desk.handleConnected(PEER, parts.peerKey.publicKey);
  await turn();
  expect([sent.length, parts.account.state.isOursHeld]).toEqual([2, true]);
});

test("a peer is shown once a run how far our count goes, held or not", async () => {
  const { parts, desk, sent, buy, turn, last } = setUp();
  buy(1_000);
  await turn(1_000);
  parts.account.state.isOursHeld = true;
  parts.account.mayBeBehind = true; // as after a start
  desk.handleConnected(PEER, parts.peerKey.publicKey);
  expect(sent.length).toBe(2);
  expect(desk.handleAck(PEER, { ...TAKEN, requestId: last().requestId })).toBe(true);
  for (let i = 0; i < 3; i++) desk.handleConnected(PEER, parts.peerKey.publicKey);
  await turn();
  expect(sent.length).toBe(2);
});

test("after a start nothing is signed before the server has told what it holds", async () => {
  for (const hasSigned of [false, true]) {
    const { parts, desk, sent, buy, turn, last } = setUp();
    if (hasSigned) {
      buy(1_000);
      await turn(1_000);
    }
    const { account } = parts;
    const { ours } = account.state;
    add(account.state.bought, 500n, 500n);
    account.mayBeBehind = true;
    sent.length = 0;
    desk.handleConnected(PEER, parts.peerKey.publicKey);
    buy(4 * MIB);
    await turn(4_999);
    expect([sent.length, account.state.ours]).toEqual([1, ours]);
    await turn(1); // it does not answer, so it is asked again
    expect(sent.length).toBe(2);
    const shown = parseReceipt(last().receipt, NETWORK_ID);
    expect(shown).toEqual(ours);
    desk.handleAck(PEER, { ...TAKEN, requestId: last().requestId });
    await turn();
    expect([sent.length, account.state.ours?.seq]).toEqual([3, hasSigned ? 2n : 1n]);
  }
});

test("a server that answers with nonsense is signed for by what we know", async () => {
  for (const code of [RECEIPT_CODE.held, RECEIPT_CODE.refused]) {
    const { parts, desk, buy, turn, last } = setUp();
    parts.account.mayBeBehind = true;
    buy(1_000);
    await turn(1_000);
    expect(parts.account.state.ours).toBeUndefined();
    const held = new Uint8Array(169).fill(7);
    desk.handleAck(PEER, { type: "RECEIPT_ACK", requestId: last().requestId, code, held });
    await turn();
    expect(parts.account.signed.bytes).toBe(1_000n);
  }
});

test("who asks is told the receipt that is held, or that there is none", async () => {
  const { parts, desk, sent } = setUp();
  const theirs = new Account(newAccountState(OWN.publicKey, START_MS));
  const book = new ReceiptBook(parts.peerKey, NETWORK_ID);
  const show = (receipt: Uint8Array) => {
    const message = { type: "RECEIPT", requestId: 1, receipt, placed: 0n } as const;
    desk.handleReceipt(PEER, message, parts.now);
  };
  const question = book.shown(theirs);
  show(question);
  expect(sent).toMatchObject([{ code: RECEIPT_CODE.taken, held: new Uint8Array() }]);
  expect([parts.account.state.theirs, desk.taken]).toEqual([undefined, 0]);
  add(theirs.state.bought, 1_000n, 1_000n);
  const { bytes } = book.sign(theirs, unixAt(0));
  show(bytes);
  await parts.world.advanceSettled(250);
  show(question);
  expect(sent.at(-1)).toMatchObject({ code: RECEIPT_CODE.held, held: bytes });
});

test("what was signed midway and turns out to be all is said once more at rest", async () => {
  const { parts, sent, buy, turn } = setUp();
  buy(2 * MIB);
  await turn();
  await turn(999);
  expect(sent.length).toBe(1);
  await turn(1);
  await turn(5_000);
  expect(sent.length).toBe(2);
  const [midway, last] = sent as never as { receipt: Uint8Array }[];
  expect([last?.receipt, parts.account.state.ours?.seq]).toEqual([midway?.receipt, 1n]);
});

test("what the end of a connection left unsigned is signed with the next one", async () => {
  const { parts, desk, sent, buy, turn } = setUp();
  buy(1_000);
  desk.handleClosed(PEER);
  await turn(5_000);
  expect(sent).toEqual([]);
  desk.handleConnected(PEER, parts.peerKey.publicKey);
  await turn(1_000);
  expect([sent.length, parts.account.signed.bytes]).toEqual([1, 1_000n]);
});

test("a peer's receipt makes room at once, and is confirmed once it is on disk", async () => {
  const { parts, desk, sent, signed } = setUp();
  add(parts.account.state.sold, 5_000n, 5_000n);
  const receipt = theirReceipt(parts, 5_000n);
  expect(
    desk.handleReceipt(PEER, { type: "RECEIPT", requestId: 7, receipt, placed: 0n }, parts.now),
  ).toBe(
    true,
  );
  expect([signed, sent, parts.account.unreceiptedBytes]).toEqual([[PEER], [], 0n]);
  await parts.world.advanceSettled(249);
  expect([sent, parts.file.rows.size]).toEqual([[], 0]); // more may come, for the same fsync
  await parts.world.advanceSettled(1);
  expect(sent).toEqual([
    { type: "RECEIPT_ACK", requestId: 7, code: RECEIPT_CODE.taken, held: new Uint8Array() },
  ]);
  expect([...parts.file.rows.values()][0]?.theirs.length).toBe(1);
});

test("a receipt is the last word once nothing has been on its way for half a second", () => {
  const cases: { sinceMs: number; handed: bigint; reserved: bigint; isFinal: boolean }[] = [
    { sinceMs: 500, handed: 0n, reserved: 0n, isFinal: true },
    { sinceMs: 499, handed: 0n, reserved: 0n, isFinal: false },
    { sinceMs: 500, handed: 1n, reserved: 1n, isFinal: false },
    { sinceMs: 500, handed: 0n, reserved: 9n, isFinal: true }, // it waits for this signature
  ];
  for (const lastSoldAt of [undefined, 0 as Instant]) { // before this run, and at its beginning
    for (const { sinceMs, handed, reserved, isFinal } of cases) {
      const { parts, desk } = setUp();
      const { account } = parts;
      add(account.state.sold, 5_000n, 5_000n);
      account.lastSoldAt = lastSoldAt === undefined ? undefined : parts.now;
      account.handedBytes = handed;
      account.reserved.bytes = reserved;
      const receipt = theirReceipt(parts, 4_000n);
      const at = after(parts.now, sinceMs);
      desk.handleReceipt(PEER, { type: "RECEIPT", requestId: 7, receipt, placed: 0n }, at);
      expect(account.state.sold.bytes).toBe(isFinal ? 4_000n : 5_000n);
    }
  }
});

test("an older receipt never lowers a debt: it is answered with the one held", async () => {
  const { parts, desk, sent } = setUp();
  const account = new Account(newAccountState(OWN.publicKey, START_MS));
  const book = new ReceiptBook(parts.peerKey, NETWORK_ID);
  const receipts = [1_000n, 2_000n].map((bytes) => {
    add(account.state.bought, bytes, bytes);
    return book.sign(account, unixAt(0)).bytes;
  });
  const take = (receipt: Uint8Array = new Uint8Array()) =>
    desk.handleReceipt(PEER, { type: "RECEIPT", requestId: 1, receipt, placed: 0n }, parts.now);
  take(receipts[1]);
  await parts.world.advanceSettled(0);
  take(receipts[0]);
  expect(sent.at(-1)).toMatchObject({ code: RECEIPT_CODE.held, held: receipts[1] });
  expect(parts.account.receipted.bytes).toBe(3_000n);
});

test("junk is refused and changes nothing; a flood of it is not even looked at", () => {
  const { parts, desk, sent } = setUp();
  const receipt = theirReceipt(parts, 1n);
  receipt[168] = (receipt[168] ?? 0) ^ 1;
  let looked = 0;
  for (let i = 0; i < 300; i++) {
    const message = { type: "RECEIPT", requestId: i, receipt, placed: 0n } as const;
    if (desk.handleReceipt(PEER, message, parts.now)) looked++;
  }
  expect([looked, sent.length]).toEqual([100, 100]);
  expect(sent[0]).toMatchObject({ code: RECEIPT_CODE.refused });
  expect(parts.account.state.theirs).toBeUndefined();
});

test("a ledger that was put back goes on from the receipt that the server holds", async () => {
  const { parts, desk, buy, turn, last } = setUp();
  const lost = new Account({ ...newAccountState(parts.peerKey.publicKey, START_MS) });
  buy(1_000);
  await turn(1_000);
  const { requestId } = last();
  const ahead = new Account({ ...lost.state, epoch: parts.account.state.epoch });
  add(ahead.state.bought, 9_000n, 9_000n);
  const book = new ReceiptBook(OWN, NETWORK_ID);
  for (let i = 0; i < 3; i++) book.sign(ahead, unixAt(i));
  const held = ahead.state.ours?.bytes ?? new Uint8Array();
  desk.handleAck(PEER, { type: "RECEIPT_ACK", requestId, code: RECEIPT_CODE.held, held });
  expect([parts.account.signed.bytes, parts.log]).toEqual([9_000n, ["ledger_put_back"]]);
});

test("an ACK from somebody else, or without a question, is nobody's", async () => {
  const { desk, buy, turn, last } = setUp();
  buy(1_000);
  await turn(1_000);
  const ack = { type: "RECEIPT_ACK", code: 0, held: new Uint8Array() } as const;
  expect(desk.handleAck(9 as never, { ...ack, requestId: last().requestId })).toBe(false);
  expect(desk.handleAck(PEER, { ...ack, requestId: last().requestId + 1 })).toBe(false);
  desk.handleClosed(PEER);
  await turn(1_000);
  expect(desk.nextTimeout()).toBeUndefined();
});
