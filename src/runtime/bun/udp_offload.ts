import { type Pointer, ptr } from "bun:ffi";
import { type Address, ipToBytes } from "../../lib/mod.ts";
import { getOption, lastError, openLibc, setOption } from "./libc.ts";

// linux/udp.h, asm-generic/socket.h, bits/socket.h
const SOL_UDP = 17;
const UDP_SEGMENT = 103;
const UDP_GRO = 104;
const SOL_SOCKET = 1;
const SO_DOMAIN = 39;
const AF_INET = 2;
const AF_INET6 = 10;
// asm-generic/errno.h
const EIO = 5;
const EAGAIN = 11;
const EINVAL = 22;
const EMSGSIZE = 90;
const ENOBUFS = 105;

/** Sends a whole train by one call, in which the kernel cuts it up (UDP_SEGMENT). */
export interface TrainSender {
  /** As DatagramSocket.send, for trains of two datagrams or more.
   * @returns bytes accepted, all or none; undefined if this train has to be sent otherwise. */
  send(to: Address, train: Uint8Array, segmentBytes: number): number | undefined;
}

/** What of libc a train takes. */
export interface SendCalls {
  /** @returns bytes sent, or -1. */
  sendmsg(fd: number, message: Pointer, flags: number): number;
  /** errno after a -1. */
  lastError(): number;
}

/** Readies a socket for trains in both directions; the kernel (5.0) may then hand over several
 * datagrams of one sender as one. Undefined where the system cannot.
 * @param fd an open socket's; the sender may be used until it is closed. */
export function offloadTrains(fd: number): TrainSender | undefined {
  const libc = openLibc();
  const family = getOption(fd, SOL_SOCKET, SO_DOMAIN);
  const isKnown = process.arch === "x64" || process.arch === "arm64"; // 64 bits, little-endian
  if (libc === undefined || !isKnown || (family !== AF_INET && family !== AF_INET6)) {
    return undefined;
  }
  // Setting the size 0 changes nothing and fails on a kernel that does not know it.
  if (!setOption(fd, SOL_UDP, UDP_SEGMENT, 0) || !setOption(fd, SOL_UDP, UDP_GRO, 1)) {
    return undefined;
  }
  const calls: SendCalls = { sendmsg: libc.sendmsg as SendCalls["sendmsg"], lastError };
  return new SegmentedSender(fd, family === AF_INET6, calls);
}

// struct msghdr, with the iovec, the control message and the socket address it points to
const MSGHDR = { name: 0, nameBytes: 8, iov: 16, iovs: 24, control: 32, controlBytes: 40 } as const;
const IOV_AT = 56;
const CONTROL_AT = 72;
const CONTROL_BYTES = 24; // CMSG_SPACE(2)
const CMSG = { bytes: 0, level: 8, type: 12, data: 16 } as const;
const NAME_AT = 96;
const BLOCK_BYTES = 128;

/** sendmsg() with the segment size in a control message, so that it holds for one train and other
 * datagrams of the socket need no option changed back: 0.2 µs a packet, with setsockopt() around
 * Bun's own send 0.35 µs (measured, 44 x 1,472 B on loopback). */
export class SegmentedSender implements TrainSender {
  readonly #fd: number;
  readonly #isIpv6: boolean;
  readonly #calls: SendCalls;
  /** An ArrayBuffer of its own is never moved, and lives as long as this object. */
  readonly #block = new DataView(new ArrayBuffer(BLOCK_BYTES));
  readonly #message: Pointer;
  /** Socket addresses, kept while somebody holds the Address. */
  readonly #names = new WeakMap<Address, Uint8Array>();
  #isBroken = false;

  constructor(fd: number, isIpv6: boolean, calls: SendCalls) {
    this.#fd = fd;
    this.#isIpv6 = isIpv6;
    this.#calls = calls;
    this.#message = ptr(this.#block);
    const block = this.#block;
    writePointer(block, MSGHDR.name, this.#message + NAME_AT);
    block.setUint32(MSGHDR.nameBytes, isIpv6 ? 28 : 16, true);
    writePointer(block, MSGHDR.iov, this.#message + IOV_AT);
    block.setUint32(MSGHDR.iovs, 1, true);
    writePointer(block, MSGHDR.control, this.#message + CONTROL_AT);
    block.setUint32(MSGHDR.controlBytes, CONTROL_BYTES, true);
    block.setUint32(CONTROL_AT + CMSG.bytes, CMSG.data + 2, true);
    block.setInt32(CONTROL_AT + CMSG.level, SOL_UDP, true);
    block.setInt32(CONTROL_AT + CMSG.type, UDP_SEGMENT, true);
  }

  send(to: Address, train: Uint8Array, segmentBytes: number): number | undefined {
    if (this.#isBroken || !this.#writeName(to)) return undefined;
    const block = this.#block;
    writePointer(block, IOV_AT, ptr(train));
    block.setUint32(IOV_AT + 8, train.length, true);
    block.setUint16(CONTROL_AT + CMSG.data, segmentBytes, true);
    if (this.#calls.sendmsg(this.#fd, this.#message, 0) >= 0) return train.length;
    switch (this.#calls.lastError()) {
      case EAGAIN:
      case ENOBUFS:
        return 0;
      case EIO: // a device without checksum offload, or a policy that encrypts
      case EINVAL:
      case EMSGSIZE:
        this.#isBroken = true; // for the run: what failed once would fail again, train by train
        return undefined;
      default:
        return train.length; // unreachable, forbidden: lost on the way
    }
  }

  /** @returns false if this socket cannot reach `to`. */
  #writeName(to: Address): boolean {
    let name = this.#names.get(to);
    if (name === undefined) {
      name = socketAddress(to, this.#isIpv6);
      if (name === undefined) return false;
      this.#names.set(to, name);
    }
    for (let i = 0; i < name.length; i++) this.#block.setUint8(NAME_AT + i, name[i] ?? 0);
    return true;
  }
}

/** struct sockaddr_in, or sockaddr_in6 with IPv4 addresses mapped. Undefined for an IPv6 address
 * on an IPv4 socket. */
function socketAddress(to: Address, isIpv6: boolean): Uint8Array | undefined {
  const ip = ipToBytes(to.ip);
  if (!isIpv6 && ip.length === 16) return undefined;
  const name = new Uint8Array(isIpv6 ? 28 : 16);
  name[0] = isIpv6 ? AF_INET6 : AF_INET; // in the machine's byte order: little-endian
  name[2] = to.port >> 8;
  name[3] = to.port;
  if (!isIpv6) name.set(ip, 4);
  else if (ip.length === 16) name.set(ip, 8);
  else {
    name.fill(0xff, 18, 20);
    name.set(ip, 20);
  }
  return name;
}

/** Two halves, as a pointer has up to 53 bits and a BigInt would be garbage. */
function writePointer(block: DataView, at: number, pointer: number): void {
  block.setUint32(at, pointer % 2 ** 32, true);
  block.setUint32(at + 4, Math.floor(pointer / 2 ** 32), true);
}
