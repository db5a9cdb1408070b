import { BoundedMap, type Instant, toHex, type UnixMs } from "../lib/mod.ts";
import { type RemoteKey, remoteKeyOf } from "../session/mod.ts";
import { CONNECTION_DEFAULTS } from "./config.ts";

/** As many as a routing table and the peers of a busy hour; an entry is ~1 KB. */
const CONTACTS_MAX = 8192;

/** What we remember of a key between handshakes. */
export interface Contact {
  readonly remote: RemoteKey;
  /** Given in its last RESP: proves our address to it again. */
  token: Uint8Array | undefined;
  /** Its wall clock minus ours, as a COOKIE told. */
  clockOffsetMs: number;
  /** The stamp of our last INIT to it: the next one must be later. */
  lastTimeStampMs: number;
  /** When the last handshake with it was done, whoever began it. */
  metAt: Instant | undefined;
}

/** Keys and what a handshake with them needs, so that mapping a key (~26 µs) and proving our
 * address are done once. The contact unused for longest gives way. */
export class ContactMemory {
  readonly #contacts = new BoundedMap<string, Contact>(CONTACTS_MAX);

  /** The contact of a public key, made on first use; undefined if these bytes are nobody's key. */
  of(publicKey: Uint8Array): Contact | undefined {
    const hex = toHex(publicKey);
    const known = this.#contacts.touch(hex);
    if (known !== undefined) return known;
    const remote = remoteKeyOf(publicKey);
    if (remote === undefined) return undefined;
    const contact: Contact = {
      remote,
      token: undefined,
      clockOffsetMs: 0,
      lastTimeStampMs: 0,
      metAt: undefined,
    };
    this.#contacts.set(hex, contact);
    return contact;
  }
}

/** The time stamp of the next INIT to `contact`: its time as far as we know it, and later than the
 * last one even if our clock stands or jumps back. */
export function nextTimeStamp(contact: Contact, unixMs: UnixMs): number {
  const stamp = Math.floor(unixMs + contact.clockOffsetMs);
  contact.lastTimeStampMs = Math.max(stamp, contact.lastTimeStampMs + 1);
  return contact.lastTimeStampMs;
}

/** Takes the responder's time from a COOKIE. Earlier stamps count no more: it will take ours for
 * the cookie's sake. */
export function correctClock(contact: Contact, theirUnixMs: number, ourUnixMs: UnixMs): void {
  contact.clockOffsetMs = theirUnixMs - ourUnixMs;
  contact.lastTimeStampMs = 0;
}

/** Notes a handshake with `contact`. @returns true if the session of the one before would have
 * served now, had it been kept: then this one is worth keeping. */
export function meetAgain(contact: Contact, now: Instant): boolean {
  const { metAt } = contact;
  contact.metAt = now;
  return metAt !== undefined && now - metAt < CONNECTION_DEFAULTS.idleTimeoutMs;
}
