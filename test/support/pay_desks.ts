import { SeededRandom } from "../../src/lib/mod.ts";
import { ManualDriver } from "../../src/node/pay/manual_driver.ts";
import { HookDriver } from "../../src/node/pay/hook_driver.ts";
import { type Invoice, PaymentBook, withInvoice } from "../../src/market/mod.ts";
import { PayerDesk } from "../../src/node/pay/payer_desk.ts";
import { PaymentDesk } from "../../src/node/pay/payment_desk.ts";
import type { PaymentDriver } from "../../src/node/pay/payment_driver.ts";
import { PaymentMeter } from "../../src/node/pay/payment_meter.ts";
import { Settlement } from "../../src/node/pay/settlement.ts";
import { decodeMessage, isDrop, type Message, type MessageOfType } from "../../src/wire/mod.ts";
import { FakeWallet } from "./fake_wallet.ts";
import { NETWORK_ID } from "./market_parts.ts";
import { BUYER, SELLER } from "./payment_parts.ts";
import { PEER, TradeParts } from "./trade_parts.ts";

export const RATE = { cbPerUnit: 1_000n, unit: "sat" };

/** Parts of one side, whose peer is the other, and what it sends. */
function sideOf(own: typeof SELLER, peer: typeof SELLER) {
  const parts = new TradeParts(peer);
  const sent: Message[] = [];
  const line = { isEstablished: true, isOpen: true, mayBuy: true };
  const transport = {
    info: () =>
      ({ ...parts.transport.info() as object, isEstablished: line.isEstablished }) as never,
    sendMessage: (_connection: unknown, bytes: Uint8Array) => {
      const message = decodeMessage(bytes);
      if (line.isOpen && !isDrop(message)) sent.push(message);
      return line.isOpen;
    },
  };
  const common = {
    book: new PaymentBook(own, NETWORK_ID),
    keeper: parts.keeper,
    clock: parts.clock,
    logger: parts.logger,
    wake: () => {},
  };
  const last = <T extends Message["type"]>(type: T): MessageOfType<T> => {
    const found = sent.findLast((message) => message.type === type);
    if (found === undefined) throw new Error(`no ${type} was sent`);
    return found as MessageOfType<T>;
  };
  const put = (invoice: Invoice) => {
    const { state } = parts.account;
    state.invoices = withInvoice(state.invoices, invoice);
    parts.keeper.touch(parts.account);
  };
  const settled = () => parts.world.advanceSettled(0);
  return { parts, sent, line, transport, common, last, put, settled };
}

/** The seller's desks over a wallet that is a program, or (`manual`) over its operator's word. */
export function sellerDesk(how: "hook" | "manual" | "none" = "hook") {
  const side = sideOf(SELLER, BUYER);
  const wallet = new FakeWallet();
  const meter = new PaymentMeter();
  const own: PaymentDriver | undefined = how === "none"
    ? undefined
    : how === "hook"
    ? new HookDriver(RATE, "/hook", wallet.program, "dev")
    : new ManualDriver(RATE, "the bank");
  const driver = own && meter.over(own, side.parts.clock);
  const credited: string[] = [];
  const settlement: Settlement = new Settlement({
    ...side.common,
    driver,
    meter,
    onCredited(account) {
      credited.push(account.state.publicKey.toHex());
      desk.handleCredited(account);
    },
  });
  const random = new SeededRandom(1);
  const desk = new PaymentDesk({
    ...side.common,
    driver,
    meter,
    settlement,
    transport: side.transport,
    random,
    mayBuy: () => side.line.mayBuy,
  });
  /** Turns of the loop for so long. */
  const turn = async (ms = 0) => {
    for (let at = 0; at <= ms; at += 500) {
      settlement.turn(side.parts.now);
      await side.parts.world.advanceSettled(Math.min(500, ms - at));
    }
    settlement.turn(side.parts.now);
    await side.settled();
  };
  const quote = async (cb: bigint, requestId = 1) => {
    desk.handleQuote(PEER, { type: "PAY_QUOTE", requestId, cb }, side.parts.now);
    await side.settled();
    return side.last("PAY_QUOTE_REPLY");
  };
  const invoice = async (id: Uint8Array, cb: bigint, amount: bigint, requestId = 2) => {
    const asked = { type: "INVOICE", requestId, invoice: id, cb, amount } as const;
    desk.handleInvoice(PEER, asked, side.parts.now);
    await side.settled();
    return side.last("INVOICE_REPLY");
  };
  return { ...side, wallet, settlement, desk, meter, credited, turn, quote, invoice };
}

export function buyerDesk() {
  const side = sideOf(BUYER, SELLER);
  const reach = { isKnown: true };
  const desk = new PayerDesk({
    ...side.common,
    transport: side.transport,
    connectTo: () => reach.isKnown ? PEER : undefined,
    random: new SeededRandom(2),
    onPaid: () => {},
  });
  return { ...side, reach, desk };
}
