import { equalBytes, type PublicKey, SkerryError } from "../lib/mod.ts";
import { PaymentBook } from "../market/mod.ts";
import type { ConnectionHandle, DialTarget, Transport, TransportEvent } from "../transport/mod.ts";
import { withDeadline } from "./contract/deadline.ts";
import type { MessageHandlers } from "./contract/message_handlers.ts";
import type { LoopPart } from "./loop/driver.ts";
import { HookDriver } from "./pay/hook_driver.ts";
import { invoiceEntries, invoiceEntry } from "./pay/invoice_report.ts";
import type { LedgerKeeper } from "./trade/ledger_keeper.ts";
import { ManualDriver } from "./pay/manual_driver.ts";
import type { NodeOptions } from "./contract/node_options.ts";
import { PayerDesk, type Reply } from "./pay/payer_desk.ts";
import { PaymentDesk } from "./pay/payment_desk.ts";
import type { PaymentDriver } from "./pay/payment_driver.ts";
import { PaymentMeter } from "./pay/payment_meter.ts";
import type { Payments } from "./contract/payments_api.ts";
import { Settlement } from "./pay/settlement.ts";

/** Everything that sells credit and pays for it. */
export interface PaymentServices extends Payments {
  /** Who takes their messages. */
  readonly handlers: MessageHandlers;
  /** Leads invoices from open to credited. */
  readonly settlement: LoopPart;
  readonly meter: PaymentMeter;
  handleEvent(event: Extract<TransportEvent, { kind: "connected" | "closed" }>): void;
}

/** What they are built over. */
export interface PaymentNeeds {
  readonly keeper: LedgerKeeper;
  readonly transport: Transport;
  /** Where a peer was when it was last heard of. */
  readonly addressOf: (publicKey: PublicKey) => DialTarget["address"] | undefined;
  /** Whether this peer would be served for its money. */
  readonly mayBuy: (publicKey: PublicKey) => boolean;
  /** This peer has credited us. */
  readonly onPaid: (publicKey: PublicKey) => void;
  /** A peer may be sent more than a moment ago. */
  readonly onRoom: (connection: ConnectionHandle) => void;
  readonly wake: () => void;
}

export function openPayments(options: NodeOptions, needs: PaymentNeeds): PaymentServices {
  const { identity: { keyPair, network }, ports } = options;
  const { clock, logger, random } = ports;
  const { keeper, transport, addressOf, mayBuy, onPaid, onRoom, wake } = needs;
  const book = new PaymentBook(keyPair, network.id);
  const meter = new PaymentMeter();
  const ownDriver = driverOf(options);
  const driver = ownDriver && meter.over(ownDriver, clock);
  const common = { book, keeper, clock, logger, wake };
  const settlement: Settlement = new Settlement({
    ...common,
    ...{ driver, meter },
    onCredited(account) {
      const connection = desk.handleCredited(account);
      if (connection !== undefined) onRoom(connection);
    },
  });
  const selling = { ...common, driver, meter, settlement, transport };
  const desk = new PaymentDesk({ ...selling, random, mayBuy });
  const connectTo = (publicKey: PublicKey): ConnectionHandle | undefined => {
    for (const connection of transport.connections()) {
      const info = transport.info(connection);
      if (info !== undefined && equalBytes(info.publicKey, publicKey)) return connection;
    }
    const address = addressOf(publicKey);
    return address && transport.connect({ publicKey, address }, clock.now());
  };
  const payer = new PayerDesk({ ...common, transport, connectTo, random, onPaid });
  return {
    ...{ settlement, meter },
    handlers: handlersOf(desk, payer, transport),
    handleEvent({ kind, connection, publicKey }) {
      if (kind === "connected") return desk.handleConnected(connection, publicKey);
      desk.handleClosed(connection, publicKey);
      payer.handleClosed(connection);
    },
    pay: (peer, payOptions = {}) =>
      withDeadline(payer.pay(peer, payOptions), clock, payOptions, (waitedMs) => {
        const why = `the peer has not answered within ${waitedMs / 1000} s. Try again`;
        return new SkerryError("FETCH_TIMED_OUT", `Cannot pay: ${why}`);
      }),
    invoices: () => invoiceEntries(keeper.ledger),
    followInvoice: (invoice) => payer.follow(invoice),
    async settleInvoice(name, proof) {
      const { account, invoice } = await settlement.settle(name, proof);
      return invoiceEntry(account.state.publicKey, invoice);
    },
  };
}

/** How this node is paid; undefined if it sells no credit. */
function driverOf({ config, identity, ports }: NodeOptions): PaymentDriver | undefined {
  const { payRate, payTo, payHook } = config;
  if (payRate === undefined) return undefined;
  return payHook === undefined
    ? new ManualDriver(payRate, payTo ?? "")
    : new HookDriver(payRate, payHook, ports.runProgram, identity.network.name);
}

function handlersOf(desk: PaymentDesk, payer: PayerDesk, transport: Transport): MessageHandlers {
  const reply = (connection: ConnectionHandle, reply: Reply) =>
    payer.handleReply(connection, reply) ? undefined : "unexpected";
  return {
    PAY_QUOTE: (...ask) => desk.handleQuote(...ask) ? undefined : "limit",
    INVOICE: (...ask) => desk.handleInvoice(...ask) ? undefined : "limit",
    CREDIT_NOTE_ACK: (connection, ack) =>
      desk.handleNoteAck(connection, ack) ? undefined : "unexpected",
    PAY_QUOTE_REPLY: reply,
    INVOICE_REPLY: reply,
    CREDIT_NOTE(connection, note, now) {
      const publicKey = transport.info(connection)?.publicKey;
      if (publicKey === undefined) return "unexpected";
      return payer.handleNote(connection, publicKey, note, now) ? undefined : "limit";
    },
  };
}
