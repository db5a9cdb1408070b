import type { PacketSealer } from "../../src/transport/mod.ts";
import {
  PACKET_HEAD_BYTES,
  PACKET_OVERHEAD_BYTES,
  readU16,
  readU32,
  readU48,
  writeU16,
  writeU32,
  writeU48,
} from "../../src/wire/mod.ts";

const LENGTH_AT = 4;
const NUMBER_AT = 6;
const TAG_BYTES = PACKET_OVERHEAD_BYTES - PACKET_HEAD_BYTES;

/** Same sizes as the real thing, no secrecy: head = 0 u32, whole length u16, packet number u48; tag
 * = FNV-1a over all before it. Checks what a nonce needs: numbers only go up. */
export class NullSealer implements PacketSealer {
  /** The newest packet number sealed; -1 before the first. */
  lastNumber = -1;

  seal(packetNumber: number, out: Uint8Array, at: number, payloadBytes: number): number {
    if (packetNumber <= this.lastNumber) throw new Error(`packet ${packetNumber} used again`);
    this.lastNumber = packetNumber;
    const bytes = payloadBytes + PACKET_OVERHEAD_BYTES;
    writeU32(0, out, at);
    writeU16(bytes, out, at + LENGTH_AT);
    writeU48(packetNumber, out, at + NUMBER_AT);
    const tagAt = at + PACKET_HEAD_BYTES + payloadBytes;
    out.fill(0, tagAt, tagAt + TAG_BYTES);
    writeU32(fnv(out, at, tagAt), out, tagAt);
    return bytes;
  }
}

/** The packet number and the frames in place; undefined if anything of it was changed. */
export function openNull(
  bytes: Uint8Array,
): { readonly packetNumber: number; readonly payload: Uint8Array } | undefined {
  if (bytes.length < PACKET_OVERHEAD_BYTES || readU16(bytes, LENGTH_AT) !== bytes.length) {
    return undefined;
  }
  const tagAt = bytes.length - TAG_BYTES;
  if (readU32(bytes, tagAt) !== fnv(bytes, 0, tagAt)) return undefined;
  return {
    packetNumber: readU48(bytes, NUMBER_AT),
    payload: bytes.subarray(PACKET_HEAD_BYTES, tagAt),
  };
}

function fnv(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let i = from; i < to; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  return hash >>> 0;
}
