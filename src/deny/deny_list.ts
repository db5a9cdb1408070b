import { type ChunkId, toHex } from "../lib/mod.ts";
import type { DenyRule } from "./deny_rule.ts";
import { denyDigest, type DenyStatus, denyTag, DIGEST_BYTES, objectText } from "./deny_text.ts";

/** Rules of one node, over all its files: 20 bytes each at a load of a half, so 40 MiB. The longest
 * public lists have half as many. */
export const DENY_RULES_MAX = 1_000_000;
/** Rules with a `*`: each is compared one by one with the paths of its object. */
export const DENY_PREFIX_RULES_MAX = 10_000;

const DIGEST_WORDS = DIGEST_BYTES / 4;
/** Slots compared between two turns of the event loop: less than a millisecond. */
const SLOTS_PER_TURN = 4_096;
const SLOT_WORDS = DIGEST_WORDS + 1;
const FIRST_SLOTS = 64;

/** What a rule says, and its place among all: the greater decides. 0 = nothing. */
type Verdict = number;
const EXCEPTION = 1;
const BY_LAW = 2;
const SAYS = EXCEPTION | BY_LAW;
const PLACE_UNIT = 4;

interface PrefixRule {
  readonly prefix: string;
  readonly verdict: Verdict;
}

/** The rules of all files in one table of digests. BOUNDED by DENY_RULES_MAX. */
export class DenyList {
  #slots = new Uint32Array(FIRST_SLOTS * SLOT_WORDS);
  #used = 0;
  #rules = 0;
  #prefixRules = 0;
  /** By the object's key in hex. BOUNDED by DENY_PREFIX_RULES_MAX. */
  readonly #prefixes = new Map<string, PrefixRule[]>();

  /** Rules that were added, the overruled ones too. */
  get size(): number {
    return this.#rules;
  }

  /** Adds a rule behind all others. @param status for a rule that says none itself.
   * @returns what bound it breaks, as the end of a sentence; undefined if it is in. */
  add(rule: DenyRule, status: DenyStatus): string | undefined {
    if (this.#rules >= DENY_RULES_MAX) return `is one rule more than ${DENY_RULES_MAX}`;
    const says = rule.isException ? EXCEPTION : (rule.status ?? status) === 451 ? BY_LAW : 0;
    const verdict = (this.#rules + 1) * PLACE_UNIT + says;
    const { matches } = rule;
    if (matches.kind === "prefix") {
      if (this.#prefixRules >= DENY_PREFIX_RULES_MAX) {
        return `is one rule with * more than ${DENY_PREFIX_RULES_MAX}`;
      }
      this.#prefixRules++;
      const hex = toHex(matches.key);
      const rules = this.#prefixes.get(hex) ?? [];
      rules.push({ prefix: matches.prefix, verdict });
      this.#prefixes.set(hex, rules);
    } else {
      this.#put(wordsOf(matches.digest), verdict);
    }
    this.#rules++;
    return undefined;
  }

  /** What the list says of an object, by all its names that are known, or of a path below it. A
   * rule about an object holds for everything below. */
  ofObject(keys: readonly ChunkId[], path: readonly string[]): DenyStatus | undefined {
    let verdict: Verdict = 0;
    for (const key of keys) {
      verdict = Math.max(verdict, this.#find(objectText(key, [])));
      if (path.length > 0) verdict = Math.max(verdict, this.#find(objectText(key, path)));
      for (const rule of this.#prefixes.get(toHex(key)) ?? []) {
        if (beginsWith(path, rule.prefix)) verdict = Math.max(verdict, rule.verdict);
      }
    }
    return statusOf(verdict);
  }

  /** What the list says of the object itself, whatever path led to it: rules with a `*` are about
   * paths alone, and may have exceptions. */
  ofBytes(keys: readonly ChunkId[]): DenyStatus | undefined {
    let verdict: Verdict = 0;
    for (const key of keys) verdict = Math.max(verdict, this.#find(objectText(key, [])));
    return statusOf(verdict);
  }

  /** What the list says of any other text, as a name. */
  ofText(text: string): DenyStatus | undefined {
    return statusOf(this.#find(text));
  }

  /** Cache tags of the answers that may differ between this list and `next`: rules that only one of
   * them has, or that say different things. Undefined now and then, where others may have a turn:
   * lists are long. */
  *changedTags(next: DenyList): Generator<string | undefined, void, undefined> {
    for (const digest of this.#changed(next)) yield digest && denyTag(digest);
    for (const digest of next.#changed(this)) {
      if (digest === undefined) yield undefined;
      else if (this.#read(wordsOf(digest)) === 0) yield denyTag(digest); // else told already
    }
    const keys = new Set([...this.#prefixes.keys(), ...next.#prefixes.keys()]);
    for (const hex of keys) {
      const [before, after] = [this.#prefixes.get(hex), next.#prefixes.get(hex)];
      if (saying(before) !== saying(after)) yield denyTag(denyDigest(hex));
    }
  }

  *#changed(other: DenyList): Generator<Uint8Array | undefined, void, undefined> {
    for (let at = 0; at < this.#slots.length; at += SLOT_WORDS) {
      if (at % (SLOTS_PER_TURN * SLOT_WORDS) === 0) yield undefined;
      const verdict = this.#slots[at + DIGEST_WORDS] ?? 0;
      if (verdict === 0) continue;
      const words = this.#slots.subarray(at, at + DIGEST_WORDS);
      const theirs = other.#read(words);
      if (theirs === 0 || (theirs & SAYS) !== (verdict & SAYS)) yield bytesOf(words);
    }
  }

  #find(text: string): Verdict {
    return this.#used === 0 ? 0 : this.#read(wordsOf(denyDigest(text)));
  }

  #read(words: Uint32Array): Verdict {
    return this.#slots[this.#slotOf(words) + DIGEST_WORDS] ?? 0;
  }

  #put(words: Uint32Array, verdict: Verdict): void {
    if (2 * (this.#used + 1) * SLOT_WORDS > this.#slots.length) this.#grow();
    const at = this.#slotOf(words);
    if (this.#slots[at + DIGEST_WORDS] === 0) this.#used++;
    this.#slots.set(words, at);
    this.#slots[at + DIGEST_WORDS] = verdict;
  }

  /** Where the digest is, or the free place where it belongs: open addressing, half full at most.
   * A digest is its own hash. */
  #slotOf(words: Uint32Array): number {
    const slots = this.#slots.length / SLOT_WORDS;
    for (let slot = (words[0] ?? 0) % slots;; slot = (slot + 1) % slots) {
      const at = slot * SLOT_WORDS;
      if (this.#slots[at + DIGEST_WORDS] === 0) return at;
      let same = 0;
      while (same < DIGEST_WORDS && this.#slots[at + same] === words[same]) same++;
      if (same === DIGEST_WORDS) return at;
    }
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(2 * old.length);
    for (let at = 0; at < old.length; at += SLOT_WORDS) {
      if (old[at + DIGEST_WORDS] === 0) continue;
      const slot = old.subarray(at, at + SLOT_WORDS);
      this.#slots.set(slot, this.#slotOf(slot));
    }
  }
}

function statusOf(verdict: Verdict): DenyStatus | undefined {
  if (verdict === 0 || (verdict & EXCEPTION) !== 0) return undefined;
  return (verdict & BY_LAW) !== 0 ? 451 : 410;
}

/** `docs/` means the directory and what is in it, `docs` every path that begins so. */
function beginsWith(path: readonly string[], prefix: string): boolean {
  const text = path.join("/");
  return text.startsWith(prefix) || `${text}/` === prefix;
}

/** What a key's rules with a `*` say, to compare. */
function saying(rules: readonly PrefixRule[] | undefined): string {
  return JSON.stringify((rules ?? []).map(({ prefix, verdict }) => [prefix, verdict & SAYS]));
}

function wordsOf(digest: Uint8Array): Uint32Array {
  const view = new DataView(digest.buffer, digest.byteOffset, DIGEST_BYTES);
  const words = new Uint32Array(DIGEST_WORDS);
  for (let i = 0; i < DIGEST_WORDS; i++) words[i] = view.getUint32(4 * i);
  return words;
}

function bytesOf(words: Uint32Array): Uint8Array {
  const digest = new Uint8Array(DIGEST_BYTES);
  const view = new DataView(digest.buffer);
  words.forEach((word, i) => view.setUint32(4 * i, word));
  return digest;
}
