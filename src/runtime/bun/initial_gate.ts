import { ptr } from "bun:ffi";
import { openLibc } from "./libc.ts";

// asm-generic/socket.h
const SOL_SOCKET = 1;
const SO_ATTACH_FILTER = 26;
const SO_DETACH_FILTER = 27;

// linux/bpf_common.h: load a byte, and it, skip if it is equal, return.
const LOAD_BYTE = 0x30;
const AND = 0x54;
const SKIP_IF_EQUAL = 0x15;
const RETURN = 0x06;
/** A filter of a UDP socket sees the datagram behind this many bytes of UDP header. */
const UDP_HEADER_BYTES = 8;
/** Of a QUIC packet's first byte: long header, and its type (RFC 9000 §17.2). The fixed bit may be
 * either way (RFC 9287). */
const HEADER_BITS = 0xb0;
const INITIAL = 0x80;
const WHOLE = 0xffff_ffff;

const PROGRAM = programOf([
  [LOAD_BYTE, 0, 0, UDP_HEADER_BYTES],
  [AND, 0, 0, HEADER_BITS],
  [SKIP_IF_EQUAL, 0, 1, INITIAL],
  [RETURN, 0, 0, 0],
  [RETURN, 0, 0, WHOLE],
]);

/** struct sock_filter, one behind the other: what to do (u16), how many to skip if so and if not
 * (u8 each), with what (u32). */
function programOf(steps: readonly (readonly [number, number, number, number])[]): Uint8Array {
  const bytes = new Uint8Array(steps.length * 8);
  const view = new DataView(bytes.buffer);
  steps.forEach(([code, ifTrue, ifFalse, value], i) => {
    view.setUint16(8 * i, code, true);
    view.setUint8(8 * i + 2, ifTrue);
    view.setUint8(8 * i + 3, ifFalse);
    view.setUint32(8 * i + 4, value, true);
  });
  return bytes;
}

/** Whether a QUIC socket hears what opens a connection. Shut, the kernel drops the packets that a
 * client begins with, which cost this process nothing then; all else comes in. A client tries again
 * by itself, after a second and then two. @returns whether the kernel did as told. */
export function setInitialGate(fd: number, isOpen: boolean): boolean {
  const libc = openLibc();
  if (libc === undefined) return false;
  // struct sock_fprog: number of steps (u16), and where they are.
  const filter = new Uint8Array(16);
  const view = new DataView(filter.buffer);
  view.setUint16(0, PROGRAM.length / 8, true);
  view.setBigUint64(8, BigInt(ptr(PROGRAM)), true);
  const option = isOpen ? SO_DETACH_FILTER : SO_ATTACH_FILTER;
  return libc.setsockopt(fd, SOL_SOCKET, option, filter, filter.length) === 0;
}
