import { dlopen, FFIType, ptr } from "bun:ffi";

// Linux (asm-generic/socket.h): the only system whose numbers are known here; elsewhere the
// kernel's defaults stay.
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;

// linux/in.h and linux/in6.h
const IPPROTO_IP = 0;
const IPPROTO_IPV6 = 41;
const IP_MTU_DISCOVER = 10;
const IPV6_MTU_DISCOVER = 23;
const IP_RECVERR = 11;
const IPV6_RECVERR = 25;
const PMTUDISC_PROBE = 3;

/** 2 ms at 1 Gbit/s in both directions with room for a late event loop (protocol.md §2.5). */
const WANTED_BYTES = 7 * 2 ** 20;

export interface SocketBuffers {
  readonly receiveBufferBytes: number;
  readonly sendBufferBytes: number;
}

function libc() {
  return dlopen("libc.so.6", {
    setsockopt: {
      args: [FFIType.i32, FFIType.i32, FFIType.i32, FFIType.ptr, FFIType.u32],
      returns: FFIType.i32,
    },
    getsockopt: {
      args: [FFIType.i32, FFIType.i32, FFIType.i32, FFIType.ptr, FFIType.ptr],
      returns: FFIType.i32,
    },
  });
}

let opened: ReturnType<typeof libc> | undefined;

/** Asks the kernel for large buffers and tells what it granted (net.core.rmem_max and wmem_max
 * bound it; Linux reports twice the usable size). Undefined where this is not Linux with glibc. */
export function raiseSocketBuffers(fd: number): SocketBuffers | undefined {
  try {
    opened ??= libc();
  } catch {
    return undefined;
  }
  const { setsockopt, getsockopt } = opened.symbols;
  const granted = (option: number): number => {
    const value = new Int32Array([WANTED_BYTES]);
    const length = new Uint32Array([4]);
    setsockopt(fd, SOL_SOCKET, option, ptr(value), 4);
    getsockopt(fd, SOL_SOCKET, option, ptr(value), ptr(length));
    return value[0] ?? 0;
  };
  return { receiveBufferBytes: granted(SO_RCVBUF), sendBufferBytes: granted(SO_SNDBUF) };
}

/** Sets an integer option of the same meaning in both families. @returns whether the kernel took
 * it for IPv4; an IPv4 socket has no IPv6 options. */
function setForIp(fd: number, ipv4Option: number, ipv6Option: number, value: number): boolean {
  try {
    opened ??= libc();
  } catch {
    return false;
  }
  const { setsockopt } = opened.symbols;
  const bytes = new Int32Array([value]);
  setsockopt(fd, IPPROTO_IPV6, ipv6Option, ptr(bytes), 4);
  return setsockopt(fd, IPPROTO_IP, ipv4Option, ptr(bytes), 4) === 0;
}

/** Asks the kernel never to cut a datagram in pieces: the transport probes how much a path carries
 * (RFC 8899 §4.4), and would take a probe that arrived in fragments for a path that takes it whole.
 * @returns false where it cannot be asked. */
export function forbidFragments(fd: number): boolean {
  return setForIp(fd, IP_MTU_DISCOVER, IPV6_MTU_DISCOVER, PMTUDISC_PROBE);
}

/** Asks the kernel not to report ICMP errors: Bun turns that on, and then a peer that is gone makes
 * the next send fail, to whomever it goes. The transport notices a dead peer by its silence.
 * @returns false where it cannot be asked. */
export function ignoreIcmpErrors(fd: number): boolean {
  return setForIp(fd, IP_RECVERR, IPV6_RECVERR, 0);
}
