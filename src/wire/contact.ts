import type { Address, PublicKey } from "../lib/mod.ts";
import { ipFromBytes, ipToBytes, viewOf } from "../lib/mod.ts";
import { type Drop, drop } from "./drop.ts";
import { readU16, readU32, readU64 } from "./integers.ts";
import { layout } from "./layout.ts";

/** A node as one node tells another about it: which key to expect where, and the claim that gives
 * it its place. All of it is hearsay until the node itself was reached and its work verified. */
export interface Contact {
  readonly publicKey: PublicKey;
  /** The claim: a nonce of the id puzzle (protocol.md §5). */
  readonly idNonce: bigint;
  /** NodeId[0..4) as a u32: what a lookup sorts by before the claim is verified. */
  readonly idPrefix: number;
  readonly address: Address;
}

/** Fixed head of a contact (protocol.md §3.2), followed by the IP (4 or 16 bytes) and the port. */
export const CONTACT_HEAD = layout({
  publicKey: "key32",
  idNonce: "u64",
  idPrefix: "u32",
  flags: "u8",
});
/** Bit 0 of a contact's flags; the other bits are ignored. */
export const CONTACT_IPV6 = 1;

const PORT_BYTES = 2;
export const CONTACT_BYTES_V4 = CONTACT_HEAD.bytes + 4 + PORT_BYTES;
export const CONTACT_BYTES_V6 = CONTACT_HEAD.bytes + 16 + PORT_BYTES;
/** k of the DHT: no answer names more nodes (protocol.md §3.2). */
export const CONTACTS_MAX = 16;

/** 51 or 63: the size of one contact on the wire. */
export function contactBytes(contact: Contact): number {
  return contact.address.ip.includes(":") ? CONTACT_BYTES_V6 : CONTACT_BYTES_V4;
}

/** Contacts back to back, as they stand in one bin. */
export function encodeContacts(contacts: readonly Contact[]): Uint8Array {
  let length = 0;
  for (const contact of contacts) length += contactBytes(contact);
  const out = new Uint8Array(length);
  let at = 0;
  for (const contact of contacts) {
    const bytes = encodedContact(contact);
    out.set(bytes, at);
    at += bytes.length;
  }
  return out;
}

/** A node tells of the same others in every answer: their bytes are kept while somebody keeps the
 * contact, which does not change. */
const encoded = new WeakMap<Contact, Uint8Array>();

function encodedContact(contact: Contact): Uint8Array {
  const known = encoded.get(contact);
  if (known !== undefined) return known;
  const ip = ipToBytes(contact.address.ip);
  const out = new Uint8Array(CONTACT_HEAD.bytes + ip.length + PORT_BYTES);
  const view = viewOf(out);
  out.set(contact.publicKey, CONTACT_HEAD.at.publicKey);
  view.setBigUint64(CONTACT_HEAD.at.idNonce, contact.idNonce);
  view.setUint32(CONTACT_HEAD.at.idPrefix, contact.idPrefix);
  view.setUint8(CONTACT_HEAD.at.flags, ip.length === 16 ? CONTACT_IPV6 : 0);
  out.set(ip, CONTACT_HEAD.bytes);
  view.setUint16(CONTACT_HEAD.bytes + ip.length, contact.address.port);
  encoded.set(contact, out);
  return out;
}

/** At most `max` contacts from one bin; a Drop if a contact is cut short or there are more. */
export function decodeContacts(bytes: Uint8Array, max = CONTACTS_MAX): Contact[] | Drop {
  if (bytes.length > max * CONTACT_BYTES_V6) return drop("limit");
  const contacts: Contact[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (contacts.length === max) return drop("limit");
    if (at + CONTACT_HEAD.bytes > bytes.length) return drop("bad_message");
    const isV6 = ((bytes[at + CONTACT_HEAD.at.flags] ?? 0) & CONTACT_IPV6) !== 0;
    const ipAt = at + CONTACT_HEAD.bytes;
    const portAt = ipAt + (isV6 ? 16 : 4);
    if (portAt + PORT_BYTES > bytes.length) return drop("bad_message");
    contacts.push({
      publicKey: bytes.slice(at, at + 32) as PublicKey,
      idNonce: readU64(bytes, at + CONTACT_HEAD.at.idNonce),
      idPrefix: readU32(bytes, at + CONTACT_HEAD.at.idPrefix),
      address: { ip: ipFromBytes(bytes, ipAt, portAt), port: readU16(bytes, portAt) },
    });
    at = portAt + PORT_BYTES;
  }
  return contacts;
}
