import type { Instant } from "../lib/mod.ts";
import { encodeNewCid, NEW_CID_FRAME, type NewCidFrame } from "../wire/mod.ts";
import type { ConnectionParts } from "./connection_parts.ts";
import { ControlFrame } from "./control_queue.ts";
import type { PacketWriter } from "./packet_writer.ts";

const NONE: readonly NewCidFrame[] = [];

/** What a connection must learn when its peer's address becomes known, and forget when it changes
 * (RFC 9000 §9). Which address that is, its owner decides. */
export class ConnectionPath {
  readonly #parts: ConnectionParts;
  readonly #writer: PacketWriter;
  /** What has told the peer of ids. BOUNDED by how many a session may have. */
  #given: ControlFrame[] = [];

  constructor(parts: ConnectionParts, writer: PacketWriter) {
    this.#parts = parts;
    this.#writer = writer;
  }

  /** The handshake is done. @param maxDatagramBytes what our interface and the peer (its maxUdp)
   * take; ≥ 1,200. @param roundTripMs as the handshake measured it, if it did. */
  begin(maxDatagramBytes: number, roundTripMs: number | undefined): void {
    this.#parts.mtu.allow(maxDatagramBytes);
    if (roundTripMs !== undefined) this.#parts.rtt.update(roundTripMs, 0);
  }

  /** Writes a packet with a PATH_CHALLENGE (8 bytes) to out[at …], for an address that is not yet
   * the peer's. It is not in flight. @returns its bytes. */
  writeChallenge(data: Uint8Array, now: Instant, out: Uint8Array, at: number): number {
    return this.#writer.writePathChallenge(data, now, out, at);
  }

  /** The echo of a challenge that has come since the last call. */
  takeEcho(): Uint8Array | undefined {
    const { dispatcher } = this.#parts;
    const echo = dispatcher.pathResponse;
    dispatcher.pathResponse = undefined;
    return echo;
  }

  /** Gives the peer one more id of ours. */
  giveId(frame: NewCidFrame): void {
    const write = (out: Uint8Array, at: number) => encodeNewCid(frame, out, at);
    const control = new ControlFrame(NEW_CID_FRAME.bytes, write);
    this.#given.push(control);
    this.#parts.control.push(control);
  }

  /** Ids that the peer has given us in the packet that was handled last. */
  takeGivenIds(): readonly NewCidFrame[] {
    const { dispatcher } = this.#parts;
    const given = dispatcher.givenIds ?? NONE;
    dispatcher.givenIds = undefined;
    return given;
  }

  /** The session has ended for which ids were given: the next one has its own. */
  forgetIds(): void {
    for (const frame of this.#given) frame.isObsolete = true;
    this.#given = [];
  }

  /** The peer is at another address from now on. @param isSameHost only its port has changed, so
   * that the path is the old one (RFC 9000 §9.4). */
  changed(isSameHost: boolean): void {
    const { rtt, congestion, mtu, loss } = this.#parts;
    if (!isSameHost) {
      rtt.restart();
      mtu.restart();
      congestion.restart();
      congestion.setDatagramBytes(mtu.datagramBytes);
    }
    loss.probe();
  }
}
