import { x25519 } from "../crypto/mod.ts";
import {
  type Address,
  after,
  equalBytes,
  type Instant,
  type Random,
  randomBelow,
  randomBytes,
  TimerHeap,
  type UnixMs,
} from "../lib/mod.ts";
import {
  isCookieLength,
  type LocalKey,
  type PendingInit,
  readCookie,
  readResp,
  readRespLength,
  type RespFields,
  type SessionKeys,
  type WorkClaim,
  writeInit,
} from "../session/mod.ts";
import {
  CONNECTION_ID_MIN,
  COOKIE_PACKET,
  type Drop,
  drop,
  INIT_FRAMES_MAX,
  readU32,
} from "../wire/mod.ts";
import { type Contact, correctClock, nextTimeStamp } from "./contact_memory.ts";
import { handshakeFrames, type HandshakeMessage } from "./handshake_frames.ts";
import type { Outbox } from "./outbox.ts";

/** When the INITs of an attempt leave, ms after its begin; then one a second (protocol.md §1). */
const SCHEDULE_MS = [0, 300, 900, 1900];
const SCHEDULE_STEP_MS = 1000;
/** An attempt fails after this: 0.06 % of them at 30 % loss. */
export const ATTEMPT_MS = 10_000;
/** More COOKIEs than this per attempt are somebody's game. */
const COOKIES_MAX = 3;
/** How long an attempt stands back for the peer's own: half as much to half as much again, so that
 * two which stood back together do not meet a second time. */
const STAND_BACK_MS = 1000;

/** One handshake that we began: all its INITs are pending until one is answered or time is up. */
export interface Attempt<Owner> {
  readonly owner: Owner;
  readonly contact: Contact;
  readonly address: Address;
  /** We hold a session with this key and want to move it over. */
  readonly continues: boolean;
  readonly startedAt: Instant;
  /** An INIT leaves with this turn's packets. */
  isQueued: boolean;
  nextAt: Instant;
  cookie: Uint8Array | undefined;
  cookies: number;
  readonly pending: Set<PendingEntry<Owner>>;
}

/** One INIT that waits. It is found by the first 8 bytes of either answer. */
interface PendingEntry<Owner> {
  readonly attempt: Attempt<Owner>;
  readonly init: PendingInit;
  readonly sentAt: Instant;
  /** It bore a cookie or token of the peer. */
  readonly isProven: boolean;
  hasCookie: boolean;
}

export interface Answer<Owner> {
  readonly entry: PendingEntry<Owner>;
  readonly kind: "resp" | "cookie";
  readonly length: number;
}

/** What a RESP has settled. */
export interface Dialled<Owner> {
  readonly attempt: Attempt<Owner>;
  readonly fields: RespFields;
  readonly keys: SessionKeys;
  /** Our connection id in this session. */
  readonly connectionId: number;
  readonly roundTripMs: number;
  /** The INIT bore a cookie or token of the peer. */
  readonly isProven: boolean;
}

interface DialerOptions<Owner> {
  readonly identity: LocalKey;
  readonly networkId: Uint8Array;
  readonly random: Random;
  readonly unixMs: () => UnixMs;
  readonly datagramBytesMax: number;
  readonly outbox: Outbox;
  /** What the owner wants to ask in its INIT (see WaitingMessages). */
  readonly early: (owner: Owner, isProven: boolean, roomBytes: number) => HandshakeMessage[];
}

/** The initiator's side of handshakes: sends INITs by the schedule and takes their answers. */
export class Dialer<Owner> {
  work: WorkClaim;
  readonly #options: DialerOptions<Owner>;
  readonly #attempts = new Map<Owner, Attempt<Owner>>();
  readonly #pending = new Map<number, PendingEntry<Owner>>();
  readonly #timers = new TimerHeap<Attempt<Owner>>();

  constructor(options: DialerOptions<Owner>, work: WorkClaim) {
    this.#options = options;
    this.work = work;
  }

  /** Attempts under way. */
  get size(): number {
    return this.#attempts.size;
  }

  attemptOf(owner: Owner): Attempt<Owner> | undefined {
    return this.#attempts.get(owner);
  }

  /** Begins an attempt. Its first INIT leaves at once, or a second later if `standsBack`, since the
   * peer is about to reach us. */
  start(
    owner: Owner,
    contact: Contact,
    address: Address,
    flags: { readonly continues: boolean; readonly standsBack: boolean },
    now: Instant,
  ): void {
    this.stop(owner);
    const attempt: Attempt<Owner> = {
      owner,
      contact,
      address,
      continues: flags.continues,
      startedAt: now,
      isQueued: false,
      nextAt: now,
      cookie: undefined,
      cookies: 0,
      pending: new Set(),
    };
    this.#attempts.set(owner, attempt);
    if (flags.standsBack) this.standBack(owner, now);
    else this.#send(attempt, now);
  }

  /** Ends an attempt; answers still on their way will find nothing. */
  stop(owner: Owner): void {
    const attempt = this.#attempts.get(owner);
    if (attempt === undefined) return;
    this.#forget(attempt);
    this.#attempts.delete(owner);
    this.#timers.set(attempt, undefined);
  }

  /** The peer's own INIT wins: ours are taken back; we go on later should its come to nothing. */
  standBack(owner: Owner, now: Instant): void {
    const attempt = this.#attempts.get(owner);
    if (attempt === undefined) return;
    this.#forget(attempt);
    attempt.isQueued = false;
    const jitterMs = randomBelow(this.#options.random, STAND_BACK_MS);
    attempt.nextAt = after(now, STAND_BACK_MS / 2 + jitterMs);
    this.#arm(attempt);
  }

  /** What the packet at `at` answers, by its tag and length alone; undefined for most packets. */
  match(packet: Uint8Array, at: number, end: number): Answer<Owner> | undefined {
    if (this.#pending.size === 0 || end - at < COOKIE_PACKET.bytes) return undefined;
    const entry = this.#pending.get(tagNumber(packet, at));
    if (entry === undefined) return undefined;
    const { respTag, cookieTag } = entry.init.answers;
    const tag = packet.subarray(at, at + 8);
    if (equalBytes(tag, respTag.subarray(0, 8))) {
      const length = readRespLength(entry.init, packet, at, end);
      return length === undefined ? undefined : { entry, kind: "resp", length };
    }
    const isCookie = equalBytes(tag, cookieTag.subarray(0, 8)) &&
      isCookieLength(entry.init, packet, at, end);
    return isCookie ? { entry, kind: "cookie", length: COOKIE_PACKET.bytes } : undefined;
  }

  /** Reads a RESP that match() has found. The attempt goes on until stop(). */
  readResp(
    { entry, length }: Answer<Owner>,
    packet: Uint8Array,
    at: number,
    now: Instant,
  ): Dialled<Owner> | Drop {
    const read = readResp(entry.init, packet.subarray(at, at + length));
    if ("drop" in read) return read;
    const { attempt, init: { connectionId }, sentAt, isProven } = entry;
    attempt.contact.token = read.fields.token;
    return { attempt, ...read, connectionId, isProven, roundTripMs: now - sentAt };
  }

  /** Takes a COOKIE that match() has found: the next INIT leaves at once, with the cookie as its
   * proof and the responder's time. */
  takeCookie(
    { entry }: Answer<Owner>,
    packet: Uint8Array,
    at: number,
    now: Instant,
  ): Drop | undefined {
    const { attempt, init } = entry;
    if (entry.hasCookie || attempt.cookies >= COOKIES_MAX) return drop("unexpected");
    const read = readCookie(init, packet, at);
    if (read === undefined) return drop("auth_failed");
    entry.hasCookie = true;
    attempt.cookies++;
    attempt.cookie = read.cookie;
    correctClock(attempt.contact, read.unixMs, this.#options.unixMs());
    if (now < deadlineOf(attempt)) this.#send(attempt, now);
    return undefined;
  }

  nextTimeout(): Instant | undefined {
    return this.#timers.next();
  }

  /** Sends what is due. @returns the owners whose attempts have failed, which are stopped. */
  handleTimeout(now: Instant): Owner[] {
    const failed: Owner[] = [];
    for (;;) {
      const attempt = this.#timers.popDue(now);
      if (attempt === undefined) return failed;
      if (now >= deadlineOf(attempt)) {
        failed.push(attempt.owner);
        this.stop(attempt.owner);
      } else {
        this.#send(attempt, now);
      }
    }
  }

  /** An INIT leaves with this turn's packets; what is to be asked may be given until then. */
  #send(attempt: Attempt<Owner>, now: Instant): void {
    attempt.nextAt = nextSendAt(attempt, now);
    this.#arm(attempt);
    if (attempt.isQueued) return;
    attempt.isQueued = this.#options.outbox.pushLater(attempt.address, () => {
      const isWanted = attempt.isQueued && this.#attempts.get(attempt.owner) === attempt;
      attempt.isQueued = false;
      return isWanted ? this.#write(attempt, now) : undefined;
    });
  }

  /** @returns undefined if the peer's key gives no shared secret: the attempt will time out. */
  #write(attempt: Attempt<Owner>, now: Instant): Uint8Array | undefined {
    const { identity, networkId, random, unixMs, datagramBytesMax, early } = this.#options;
    const { contact, continues, owner } = attempt;
    const proof = attempt.cookie ?? contact.token;
    const isProven = proof !== undefined;
    const questions = continues ? [] : early(owner, isProven, INIT_FRAMES_MAX);
    const fields = {
      connectionId: drawConnectionId(random),
      timeStampMs: nextTimeStamp(contact, unixMs()),
      work: this.work,
      datagramBytesMax,
      frames: handshakeFrames(continues, questions),
    };
    const ephemeral = x25519(randomBytes(random, 32));
    const written = writeInit(
      networkId,
      identity,
      contact.remote,
      ephemeral,
      fields,
      proof,
      random,
    );
    if (written === undefined) return undefined;
    const entry = { attempt, init: written.pending, sentAt: now, isProven, hasCookie: false };
    attempt.pending.add(entry);
    const { respTag, cookieTag } = written.pending.answers;
    this.#pending.set(tagNumber(respTag, 0), entry);
    this.#pending.set(tagNumber(cookieTag, 0), entry);
    return written.packet;
  }

  #arm(attempt: Attempt<Owner>): void {
    const deadline = deadlineOf(attempt);
    this.#timers.set(attempt, attempt.nextAt < deadline ? attempt.nextAt : deadline);
  }

  #forget(attempt: Attempt<Owner>): void {
    for (const { init: { answers } } of attempt.pending) {
      this.#pending.delete(tagNumber(answers.respTag, 0));
      this.#pending.delete(tagNumber(answers.cookieTag, 0));
    }
    attempt.pending.clear();
  }
}

function deadlineOf(attempt: Attempt<unknown>): Instant {
  return after(attempt.startedAt, ATTEMPT_MS);
}

/** The first time of the schedule that is later than `now`. Times are compared, not spans: with
 * fractions of a millisecond `now - startedAt` can fall short of the step that `now` is, and an
 * attempt that is due again at once would be sent for ever. */
function nextSendAt({ startedAt }: Attempt<unknown>, now: Instant): Instant {
  for (const ms of SCHEDULE_MS) if (after(startedAt, ms) > now) return after(startedAt, ms);
  const last = after(startedAt, SCHEDULE_MS.at(-1) ?? 0);
  const steps = Math.floor((now - last) / SCHEDULE_STEP_MS) + 1;
  const next = after(last, steps * SCHEDULE_STEP_MS);
  return next > now ? next : after(next, SCHEDULE_STEP_MS);
}

/** 53 of the tag's 64 bits as a Map key; the rest is compared when one is found. */
function tagNumber(tag: Uint8Array, at: number): number {
  return (readU32(tag, at) >>> 11) * 2 ** 32 + readU32(tag, at + 4);
}

/** A random connection id; 0 … 15 name packet types. */
export function drawConnectionId(random: Random): number {
  for (;;) {
    const id = random.u32();
    if (id >= CONNECTION_ID_MIN) return id;
  }
}
