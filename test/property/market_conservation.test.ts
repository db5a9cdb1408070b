import fc from "fast-check";
import {
  Account,
  type AccountState,
  add,
  newAccountState,
  ReceiptBook,
  receiptDueBytes,
} from "../../src/market/mod.ts";
import { expect, test } from "../support/harness.ts";
import { keyOf, NETWORK_ID, START_MS, unixAt } from "../support/market_parts.ts";

const SLICE = 65_536n;
const FACTOR = 5n;
const WINDOW = 16n * SLICE;
const DUE = receiptDueBytes(WINDOW);
const [clientKey, serverKey] = [keyOf(1), keyOf(2)];

/** One side's ledger: what it knows, and what its disk has. */
class Side {
  readonly book: ReceiptBook;
  account: Account;
  #onDisk: AccountState;

  constructor(book: ReceiptBook, account: Account) {
    this.book = book;
    this.account = account;
    this.#onDisk = structuredClone(account.state);
  }

  save(): void {
    this.#onDisk = structuredClone(this.account.state);
  }

  crash(): void {
    this.account = new Account(structuredClone(this.#onDisk));
  }
}

/** A client and a server that sell each other nothing but what is called off, lost and signed. */
class World {
  readonly client = new Side(
    new ReceiptBook(clientKey, NETWORK_ID),
    new Account(newAccountState(serverKey.publicKey, START_MS)),
  );
  readonly server = new Side(
    new ReceiptBook(serverKey, NETWORK_ID),
    new Account(newAccountState(clientKey.publicKey, START_MS)),
  );
  #nowMs = 0;

  /** A slice goes over: the client has it, the server learns of it unless the ACK is lost. */
  serve(isAcked: boolean): void {
    const { account } = this.server;
    if (account.unreceiptedBytes + SLICE > WINDOW) return; // paused
    add(this.client.account.state.bought, SLICE, SLICE * FACTOR);
    if (isAcked) add(account.state.sold, SLICE, SLICE * FACTOR);
    if (this.client.book.unsignedBytes(this.client.account) >= DUE) this.sign(false);
  }

  /** The server saw an ACK for what the client had called off. */
  servedInVain(): void {
    const { account } = this.server;
    if (account.unreceiptedBytes + SLICE <= WINDOW) add(account.state.sold, SLICE, SLICE * FACTOR);
  }

  sign(isFinal: boolean): void {
    const { book, account } = this.client;
    const receipt = book.sign(account, unixAt(this.#nowMs++));
    this.client.save(); // on disk before it is sent
    const verdict = this.server.book.take(
      this.server.account,
      receipt.bytes,
      { isFinal, windowBytes: WINDOW },
      unixAt(this.#nowMs),
    );
    expect(verdict).toEqual({ verdict: "taken" });
    this.server.save(); // on disk before it is acknowledged
  }

  /** |A's view + B's view|, in bytes. */
  get drift(): bigint {
    const difference = this.server.account.state.sold.bytes -
      this.client.account.state.bought.bytes;
    return difference < 0n ? -difference : difference;
  }
}

const anyStep = fc.oneof(
  { weight: 12, arbitrary: fc.constant("serve" as const) },
  { weight: 2, arbitrary: fc.constant("serve, ack lost" as const) },
  { weight: 1, arbitrary: fc.constant("serve in vain" as const) },
  { weight: 2, arbitrary: fc.constant("final receipt" as const) },
  { weight: 2, arbitrary: fc.constant("client dies" as const) },
  { weight: 2, arbitrary: fc.constant("server dies" as const) },
);

test("law: over any number of crashes the two views of one trade stay within the window", () => {
  let crashes = 0;
  fc.assert(
    fc.property(fc.array(anyStep, { minLength: 40, maxLength: 120 }), (steps) => {
      const world = new World();
      for (const step of steps) {
        if (step === "serve") world.serve(true);
        else if (step === "serve, ack lost") world.serve(false);
        else if (step === "serve in vain") world.servedInVain();
        else if (step === "final receipt") world.sign(true);
        else if (step === "client dies") world.client.crash();
        else world.server.crash();
        if (step.endsWith("dies")) crashes++;
        expect(world.drift).toBeLessThanOrEqual(WINDOW);
      }
      world.sign(true);
      expect(world.drift).toBe(0n);
    }),
    { numRuns: 60 },
  );
  expect(crashes).toBeGreaterThan(500);
});
