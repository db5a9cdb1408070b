import type { Address } from "../lib/mod.ts";
import { decodeAddress, encodeAddress } from "./address_field.ts";
import { FRAME } from "./frame_type.ts";
import { layout } from "./layout.ts";

/** ADDR: the receiver's address as the sender of this frame sees it. */
export const ADDR_FRAME = layout({ type: "u8", address: "address19" });

/** @returns the offset behind it. */
export function encodeAddr(address: Address, out: Uint8Array, at: number): number {
  out[at] = FRAME.addr;
  return encodeAddress(address, out, at + ADDR_FRAME.at.address);
}

/** The address in the ADDR at `at`; undefined if it passes `end` or is no address. */
export function decodeAddr(bytes: Uint8Array, at: number, end: number): Address | undefined {
  return decodeAddress(bytes, at + ADDR_FRAME.at.address, end);
}
