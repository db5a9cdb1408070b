import { equalBytes, type Instant, type NodeId, prefixNumber } from "../lib/mod.ts";
import type { Contact } from "../wire/mod.ts";
import { prefix32 } from "./distance.ts";

/** A node that we have reached ourselves and whose work is verified. One object of numbers and of
 * what others hold too, since a table has hundreds: whoever asks is told the very object, which is
 * why a node that has moved becomes another one. */
export interface TableContact extends Contact {
  /** Hex of the public key: the Map key of a node everywhere in this room. */
  readonly key: string;
  readonly nodeId: NodeId;
  /** prefixNumber(address.ip): parsing costs more than all else that is done with it. */
  readonly prefix: number;
  /** When it last answered a request of ours. */
  lastSeen: Instant;
  /** Requests in a row that it left unanswered while others did answer us. */
  failures: number;
  /** Smoothed, ms; undefined until an unambiguous answer was timed. */
  rttMs: number | undefined;
}

/** A contact that has just answered. */
export function tableContact(
  news: Omit<TableContact, "idPrefix" | "prefix" | "failures">,
): TableContact {
  const { key, publicKey, idNonce, nodeId, address, lastSeen, rttMs } = news;
  return {
    key,
    publicKey,
    idNonce,
    nodeId,
    idPrefix: prefix32(nodeId),
    address,
    prefix: prefixNumber(address.ip),
    lastSeen,
    failures: 0,
    rttMs,
  };
}

/** A contact that left this many requests unanswered is not told to others and gives way at once to
 * a replacement. */
export const FAILURES_QUESTIONABLE = 2;

/** The nodes of one common-prefix length, least-recently-seen first, and a bench of replacements,
 * freshest last. Knows neither limits nor time: routing_table.ts decides, this keeps order. */
export class KBucket {
  readonly capacity: number;
  readonly #benchMax: number;
  readonly #contacts: TableContact[] = [];
  readonly #idPrefixes: number[] = [];
  readonly #prefixes: number[] = [];
  readonly #bench: TableContact[] = [];

  constructor(capacity: number, benchMax: number) {
    this.capacity = capacity;
    this.#benchMax = benchMax;
  }

  get contacts(): readonly TableContact[] {
    return this.#contacts;
  }

  /** The contacts' first 32 bits as signed integers, in the same order (the engine keeps unsigned
   * ones as floating point, which makes each XOR a conversion): whoever looks for the nearest of
   * 128 contacts reads a few lines of memory, and not 128 objects that lie anywhere. */
  get idPrefixes(): readonly number[] {
    return this.#idPrefixes;
  }

  /** The contacts' networks, in the same order and for the same reason. */
  get prefixes(): readonly number[] {
    return this.#prefixes;
  }

  /** The replacement cache. */
  get bench(): readonly TableContact[] {
    return this.#bench;
  }

  get isEmpty(): boolean {
    return this.#contacts.length === 0;
  }

  get isFull(): boolean {
    return this.#contacts.length >= this.capacity;
  }

  /** The contact with this key whose id begins so. */
  find(publicKey: Uint8Array, idPrefix: number): TableContact | undefined {
    const signed = idPrefix | 0;
    for (let at = this.#idPrefixes.indexOf(signed); at >= 0;) {
      const contact = this.#contacts[at];
      if (contact !== undefined && equalBytes(contact.publicKey, publicKey)) return contact;
      at = this.#idPrefixes.indexOf(signed, at + 1);
    }
    return undefined;
  }

  /** Appends as the most recently seen. The caller has made sure that there is room. */
  add(contact: TableContact): void {
    this.#contacts.push(contact);
    this.#idPrefixes.push(contact.idPrefix | 0);
    this.#prefixes.push(contact.prefix);
  }

  /** Moves a contact to the recently seen end. */
  touch(contact: TableContact): void {
    const at = this.#contacts.indexOf(contact);
    if (at < 0) return;
    moveToEnd(this.#contacts, at);
    moveToEnd(this.#idPrefixes, at);
    moveToEnd(this.#prefixes, at);
  }

  /** Puts a contact where another, which is here, has been. */
  replace(contact: TableContact, other: TableContact): void {
    const at = this.#contacts.indexOf(contact);
    this.#contacts[at] = other;
    this.#idPrefixes[at] = other.idPrefix | 0;
    this.#prefixes[at] = other.prefix;
  }

  /** @returns true if it was here. */
  remove(contact: TableContact): boolean {
    const at = this.#contacts.indexOf(contact);
    if (at < 0) return false;
    this.#contacts.splice(at, 1);
    this.#idPrefixes.splice(at, 1);
    this.#prefixes.splice(at, 1);
    return true;
  }

  /** Puts a node on the bench; it replaces its own older entry, or else the oldest. */
  sit(contact: TableContact): void {
    this.leave(contact.key);
    if (this.#bench.length >= this.#benchMax) this.#bench.shift();
    this.#bench.push(contact);
  }

  /** Takes a node off the bench, if it is there. */
  leave(key: string): void {
    const at = this.#bench.findIndex((contact) => contact.key === key);
    if (at >= 0) this.#bench.splice(at, 1);
  }

  /** Takes the freshest node off the bench that `suits`. */
  call(suits: (contact: TableContact) => boolean): TableContact | undefined {
    for (let i = this.#bench.length - 1; i >= 0; i--) {
      const contact = this.#bench[i];
      if (contact !== undefined && suits(contact)) {
        this.#bench.splice(i, 1);
        return contact;
      }
    }
    return undefined;
  }
}

/** By hand: splice() makes a list of what it takes out, and this runs for every answer. */
function moveToEnd<T>(list: T[], from: number): void {
  const moved = list[from] as T;
  for (let i = from + 1; i < list.length; i++) list[i - 1] = list[i] as T;
  list[list.length - 1] = moved;
}
