import { getOption, setOption } from "./libc.ts";

// asm-generic/socket.h, linux/in.h and linux/in6.h
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
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

/** Asks the kernel for large buffers and tells what it granted (net.core.rmem_max and wmem_max
 * bound it; Linux reports twice the usable size). Undefined where this is not Linux with glibc. */
export function raiseSocketBuffers(fd: number): SocketBuffers | undefined {
  const granted = (option: number): number | undefined => {
    setOption(fd, SOL_SOCKET, option, WANTED_BYTES);
    return getOption(fd, SOL_SOCKET, option);
  };
  const receiveBufferBytes = granted(SO_RCVBUF), sendBufferBytes = granted(SO_SNDBUF);
  if (receiveBufferBytes === undefined || sendBufferBytes === undefined) return undefined;
  return { receiveBufferBytes, sendBufferBytes };
}

/** Sets an integer option of the same meaning in both families. @returns whether the kernel took
 * it for IPv4; an IPv4 socket has no IPv6 options. */
function setForIp(fd: number, ipv4Option: number, ipv6Option: number, value: number): boolean {
  setOption(fd, IPPROTO_IPV6, ipv6Option, value);
  return setOption(fd, IPPROTO_IP, ipv4Option, value);
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
