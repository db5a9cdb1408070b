import type { Payment, Purse } from "../../src/node/trade/purse.ts";
import type { ConnectionHandle } from "../../src/transport/mod.ts";

/** A purse that agrees to everything and counts, in bytes by holder, what it is told to pay. */
export class CountingPurse implements Purse {
  readonly arrived = new Map<number, number>();
  readonly proved = new Map<number, number>();
  readonly refunded = new Map<number, number>();
  /** FETCHes begun and not ended. */
  open = 0;

  isTooDear = (): boolean => false;
  rankAskedBy = (): undefined => undefined;
  roomFor = (): number => Infinity;
  priceOf = (): number => 0;
  factorOf = (): number => 0;

  begin(connection: ConnectionHandle): Payment {
    this.open++;
    const end = (): void => void this.open--;
    return {
      maxPrice: 255,
      answered: () => true,
      arrived: (bytes) => count(this.arrived, connection, bytes),
      released() {},
      ended: end,
      unasked: end,
    };
  }

  proven(connection: ConnectionHandle, _id: Uint8Array, bytes: number): void {
    count(this.proved, connection, bytes);
  }

  refund(connection: ConnectionHandle, _id: Uint8Array, bytes: number): void {
    count(this.refunded, connection, bytes);
  }
}

function count(of: Map<number, number>, whom: number, bytes: number): void {
  of.set(whom, (of.get(whom) ?? 0) + bytes);
}
