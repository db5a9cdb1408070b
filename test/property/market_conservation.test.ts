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

  /** The server agrees to keep a chunk, and has that on disk before it says so. */
  place(isAnswered: boolean): void {
    this.server.account.state.unacknowledgedCb += PLACE_CB;
    this.server.save();
    if (isAnswered) this.client.account.state.placedCb += PLACE_CB;
  }

  sign(isFinal: boolean): void {
    const { book, account } = this.client;
    const receipt = book.sign(account, unixAt(this.#nowMs++));
    this.client.save(); // on disk before it is sent
    const verdict = this.server.book.take(
      this.server.account,
      receipt.bytes,
      { isFinal, windowBytes: WINDOW, placedCb: account.state.placedSignedCb },
      unixAt(this.#nowMs),
    );
    expect(verdict).toEqual({ verdict: "taken" });
    this.server.save(); // on disk before it is acknowledged
  }

  /** What the server asks for places beyond what the client says to owe. */
  get owedUnasked(): bigint {
    return this.server.account.state.hostedCb - this.client.account.state.placedCb;
  }

  /** |A's view + B's view|, in bytes. */
  get drift(): bigint {
    const difference = this.server.account.state.sold.bytes -
      this.client.account.state.bought.bytes;
    return difference < 0n ? -difference : difference;
  }
}

/** Far beyond all that a window of slices is worth. */
const PLACE_CB = 160n * WINDOW;

const anyStep = fc.oneof(
  { weight: 12, arbitrary: fc.constant("serve" as const) },
  { weight: 2, arbitrary: fc.constant("serve, ack lost" as const) },
  { weight: 1, arbitrary: fc.constant("serve in vain" as const) },
  { weight: 2, arbitrary: fc.constant("final receipt" as const) },
  { weight: 2, arbitrary: fc.constant("place" as const) },
  { weight: 1, arbitrary: fc.constant("place, answer lost" as const) },
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
        else if (step === "place") world.place(true);
        else if (step === "place, answer lost") world.place(false);
        else if (step === "client dies") world.client.crash();
        else world.server.crash();
        if (step.endsWith("dies")) crashes++;
        expect(world.drift).toBeLessThanOrEqual(WINDOW);
        expect(world.owedUnasked).toBeLessThanOrEqual(0n);
      }
      world.sign(true);
      expect([world.drift, world.owedUnasked]).toEqual([0n, 0n]);
      const [server, client] = [world.server.account, world.client.account];
      expect(server.balance.cb).toBe(-client.balance.cb);
    }),
    { numRuns: 60 },
  );
  expect(crashes).toBeGreaterThan(500);
});

test("law: places whose answer gets lost make no fault of an honest client", () => {
  const anyPeace = anyStep.filter((step) => !step.endsWith("dies") && step !== "serve in vain");
  fc.assert(
    fc.property(fc.array(anyPeace, { minLength: 20, maxLength: 80 }), (steps) => {
      const world = new World();
      for (const step of steps) {
        if (step.startsWith("serve")) world.serve(true);
        else if (step.startsWith("place")) world.place(step === "place");
        else world.sign(true);
      }
      world.sign(true);
      expect(world.server.account.state.faultsMs).toEqual([]);
    }),
    { numRuns: 60 },
  );
});
