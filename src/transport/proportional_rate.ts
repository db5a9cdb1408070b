/** Spreads a cut of the window over the round trip after a loss (PRR, RFC 9937): for what arrives,
 * the right share of it is sent, instead of nothing until enough has arrived. */
export class ProportionalRate {
  /** RecoverFS: in flight when the loss was noticed. */
  readonly #flightBytes: number;
  /** ssthresh: what shall be in flight at the end. */
  readonly #targetBytes: number;
  readonly #datagramBytes: number;
  #delivered = 0;
  #sent = 0;
  #windowBytes: number;

  constructor(flightBytes: number, targetBytes: number, datagramBytes: number) {
    this.#flightBytes = Math.max(flightBytes, datagramBytes);
    this.#targetBytes = targetBytes;
    this.#datagramBytes = datagramBytes;
    this.#windowBytes = this.#flightBytes + datagramBytes; // what was lost goes at once
  }

  /** What may be in flight until the next ACK. */
  get windowBytes(): number {
    return this.#windowBytes;
  }

  /** Of the flight, `bytes` are lost. */
  onLost(bytes: number): void {
    this.#windowBytes -= bytes;
  }

  onSent(bytes: number): void {
    this.#sent += bytes;
  }

  /** @param bytesInFlight after this ACK and its losses. @param hasLost whether it told of any. */
  onAck(ackedBytes: number, bytesInFlight: number, hasLost: boolean): void {
    this.#delivered += ackedBytes;
    const owed = this.#delivered - this.#sent;
    let room: number;
    if (bytesInFlight > this.#targetBytes) {
      room = Math.ceil(this.#delivered * this.#targetBytes / this.#flightBytes) - this.#sent;
    } else {
      // without new losses the path has room: one packet more than arrived (slow start)
      const most = Math.max(owed, ackedBytes) + (hasLost ? 0 : this.#datagramBytes);
      room = Math.min(this.#targetBytes - bytesInFlight, most);
    }
    if (this.#sent === 0) room = Math.max(room, this.#datagramBytes);
    this.#windowBytes = bytesInFlight + Math.max(room, 0);
  }
}
