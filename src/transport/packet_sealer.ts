/** Seals the packets of one direction; given to a Connection by whoever owns the session's keys. */
export interface PacketSealer {
  /** The frames lie in clear at out[at + PACKET_HEAD_BYTES …], `payloadBytes` of them; writes the
   * head before and ciphertext and tag over and behind them. Called once per packet number; they
   * count up from 0, and now and then one is skipped.
   * @returns the packet's bytes: payloadBytes + PACKET_OVERHEAD_BYTES. */
  seal(packetNumber: number, out: Uint8Array, at: number, payloadBytes: number): number;
}
