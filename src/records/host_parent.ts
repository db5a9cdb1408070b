import { ipFromBytes, ipToBytes, KEY_BYTES, type PublicKey, viewOf } from "../lib/mod.ts";
import { layout } from "../wire/mod.ts";
import { type HostParent, PARENTS_MAX } from "./record.ts";

/** One parent in a host record's bin; an IPv4 address stands as IPv4-mapped IPv6. */
export const HOST_PARENT = layout({
  publicKey: "key32",
  ip: "ip16",
  port: "u16",
  leaseUntil: "u32",
});

const IPV4_MAPPED = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);

/** Parents back to back. */
export function encodeParents(parents: readonly HostParent[]): Uint8Array {
  const out = new Uint8Array(parents.length * HOST_PARENT.bytes);
  const view = viewOf(out);
  parents.forEach(({ publicKey, address, leaseUntil }, i) => {
    const at = i * HOST_PARENT.bytes;
    const ip = ipToBytes(address.ip);
    out.set(publicKey, at + HOST_PARENT.at.publicKey);
    if (ip.length === 4) out.set(IPV4_MAPPED, at + HOST_PARENT.at.ip);
    out.set(ip, at + HOST_PARENT.at.ip + 16 - ip.length);
    view.setUint16(at + HOST_PARENT.at.port, address.port);
    view.setUint32(at + HOST_PARENT.at.leaseUntil, leaseUntil);
  });
  return out;
}

/** 1 … 3 parents; undefined for a wrong length. */
export function decodeParents(bytes: Uint8Array): HostParent[] | undefined {
  const count = bytes.length / HOST_PARENT.bytes;
  if (!Number.isInteger(count) || count < 1 || count > PARENTS_MAX) return undefined;
  const view = viewOf(bytes);
  return Array.from({ length: count }, (_, i) => {
    const at = i * HOST_PARENT.bytes;
    const ipAt = at + HOST_PARENT.at.ip;
    return {
      publicKey: bytes.slice(at, at + KEY_BYTES) as PublicKey,
      address: {
        ip: ipFromBytes(bytes.subarray(ipAt, ipAt + 16)),
        port: view.getUint16(at + HOST_PARENT.at.port),
      },
      leaseUntil: view.getUint32(at + HOST_PARENT.at.leaseUntil),
    };
  });
}
