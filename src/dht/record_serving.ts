import {
  equalBytes,
  type Instant,
  prefixOf,
  type PublicKey,
  TokenBucket,
  TokenBuckets,
} from "../lib/mod.ts";
import {
  type AnyRecord,
  expiresMs,
  isSignedAhead,
  parseRecord,
  seqOf,
  type Verified,
  verifyRecord,
} from "../records/mod.ts";
import {
  contactBytes,
  ERROR_CODE,
  isDrop,
  type Message,
  type MessageOfType,
  PUT_CODE,
  RECORD_REPLY_BYTES_MAX,
  REPLY_BYTES_MAX,
} from "../wire/mod.ts";
import { isCounted, isUsable } from "./address_policy.ts";
import { AnswerRoom } from "./answer_room.ts";
import type { DhtContext } from "./context.ts";
import type { DhtPeer } from "./events.ts";
import { nearestContacts } from "./nearest_contacts.ts";
import { isInRegion } from "./region.ts";

/** Array head, number, request id, seq, and the heads of the bins of record and contacts. */
const RECORD_HEAD_BYTES = 24;
/** Signatures checked a second for others, all and from one /24 (/48): 0.06 ms each, so 3 % of a
 * core at most. A publisher puts a value at 16 nodes an hour, so nobody honest comes near. */
const PUTS_PER_SECOND = 500;
const PUTS_PER_PREFIX_PER_SECOND = 16;
const PUTS_PER_PREFIX_BURST = 128;
const PREFIXES_MAX = 4096;

/** Answers GET_RECORD and PUT_RECORD (protocol.md §3.3): nothing is stored that is not proven, and
 * nothing that breaks a bound is even checked. */
export class RecordServing {
  readonly #context: DhtContext;
  /** Whether the operator denies what the owner of this key says. */
  readonly #isNameDenied: (publicKey: PublicKey) => boolean;
  #all: TokenBucket | undefined;
  readonly #byPrefix = new TokenBuckets(
    PUTS_PER_PREFIX_PER_SECOND,
    PUTS_PER_PREFIX_BURST,
    PREFIXES_MAX,
  );

  constructor(context: DhtContext, isNameDenied: (publicKey: PublicKey) => boolean) {
    this.#context = context;
    this.#isNameDenied = isNameDenied;
  }

  /** The answer to GET_RECORD: the record if it is wanted, and the nodes that may know better.
   * @param isUnproven it has to fit a handshake, if the record does: with fewer nodes. A larger one
   * is not sent there by the session, which is asked again once it stands. */
  record(
    from: DhtPeer,
    message: MessageOfType<"GET_RECORD">,
    now: Instant,
    isUnproven = false,
  ): Message {
    const { requestId, key, minSeq } = message;
    const held = this.#context.signedRecords.get(key, now);
    const stored = held !== undefined && this.#isDenied(held) ? undefined : held;
    const isWanted = stored !== undefined && (minSeq === undefined || seqOf(stored) >= minSeq);
    const record = isWanted ? stored.bytes : new Uint8Array();
    const fits = RECORD_HEAD_BYTES + record.length <= REPLY_BYTES_MAX;
    const bytesMax = isUnproven && fits ? REPLY_BYTES_MAX : RECORD_REPLY_BYTES_MAX;
    const room = new AnswerRoom(bytesMax - RECORD_HEAD_BYTES - record.length);
    const contacts = room.fill(nearestContacts(this.#context, key, from), contactBytes);
    const seq = stored === undefined ? undefined : seqOf(stored);
    return { type: "RECORD", requestId, record, seq, contacts };
  }

  /** The answer to PUT_RECORD, the record being stored or not. */
  putResult(from: DhtPeer, message: MessageOfType<"PUT_RECORD">, now: Instant): Message {
    const { requestId, cas } = message;
    if (!this.#mayPut(from, now)) return { type: "ERROR", requestId, code: ERROR_CODE.busy };
    const { signedRecords, stats } = this.#context;
    const parsed = parseRecord(message.record);
    if (isDrop(parsed) || !this.#isTimely(parsed.record, now)) {
      stats.recordsRefused++;
      return { type: "PUT_RESULT", requestId, code: PUT_CODE.bad_record, seq: undefined, ttl: 0 };
    }
    if (this.#isDenied(parsed.record)) {
      stats.recordsRefused++;
      return { type: "ERROR", requestId, code: ERROR_CODE.refused };
    }
    const { key } = parsed.record;
    const verdict = signedRecords.judge(parsed.record, from, cas, now);
    const code = verdict === "stored" ? this.#enter(parsed, from, now) : verdict;
    if (code !== "stored") stats.recordsRefused++;
    const stored = signedRecords.get(key, now);
    const seq = stored === undefined ? undefined : seqOf(stored);
    const ttl = signedRecords.remainingSeconds(key, now);
    return { type: "PUT_RESULT", requestId, code: PUT_CODE[code], seq, ttl };
  }

  #enter(
    parsed: Exclude<ReturnType<typeof parseRecord>, { drop: unknown }>,
    from: DhtPeer,
    now: Instant,
  ): "stored" | "bad_record" {
    const { signedRecords, networkId, stats } = this.#context;
    const record = this.#known(parsed.record, now) ?? verifyRecord(parsed, networkId);
    if (record === undefined) {
      stats.recordsForged++;
      return "bad_record";
    }
    signedRecords.put(record, from, isInRegion(this.#context, record.key), now);
    return "stored";
  }

  /** A host record says where a node is, which no rule is about. */
  #isDenied(record: AnyRecord): boolean {
    return record.kind === "mutable" && this.#isNameDenied(record.publicKey);
  }

  /** The very bytes that are stored already are proven. */
  #known(record: AnyRecord, now: Instant): Verified | undefined {
    const stored = this.#context.signedRecords.get(record.key, now);
    return stored !== undefined && equalBytes(stored.bytes, record.bytes) ? stored : undefined;
  }

  /** Signed not after now, not past its end, and sending nobody to where nobody may be sent. */
  #isTimely(record: AnyRecord, now: Instant): boolean {
    const unixMs = this.#context.unixMs(now);
    if (isSignedAhead(record, unixMs) || (expiresMs(record) ?? Infinity) <= unixMs) return false;
    return record.kind !== "host" ||
      record.parents.every(({ address }) => isUsable(address, this.#context.config.table));
  }

  #mayPut(from: DhtPeer, now: Instant): boolean {
    this.#all ??= new TokenBucket(PUTS_PER_SECOND, PUTS_PER_SECOND, now);
    if (!isCounted(from.address, this.#context.config.table)) return this.#all.take(now);
    return this.#byPrefix.take(prefixOf(from.address.ip), now) && this.#all.take(now);
  }
}
