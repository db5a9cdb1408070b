import { x25519 } from "../crypto/mod.ts";
import {
  type Address,
  after,
  equalBytes,
  type Instant,
  isGlobalIp,
  type PublicKey,
  type Random,
  randomBytes,
  toHex,
  type UnixMs,
} from "../lib/mod.ts";
import {
  CookieJar,
  type InitEnvelope,
  InitLimits,
  InitReplay,
  type LocalKey,
  openInit,
  readInit,
  type ReceivedInit,
  type RemoteKey,
  type WorkClaim,
  writeCookie,
  writeResp,
} from "../session/mod.ts";
import { type Drop, drop } from "../wire/mod.ts";
import type { ContactMemory } from "./contact_memory.ts";
import type { EndpointLimits } from "./endpoint_options.ts";
import {
  type HandshakeContents,
  handshakeFrames,
  type HandshakeMessage,
  readHandshakeFrames,
} from "./handshake_frames.ts";
import type { Outbox } from "./outbox.ts";
import { type Session, sessionOf } from "./session.ts";

/** How long a RESP waits for the first DATA. */
export const HALF_OPEN_MS = 10_000;

/** How long its peer certainly keeps it when everything was answered in the RESP (see
 * Handshakes): what is sent later may find nobody. */
const USABLE_MS = 7_000;

/** An INIT that may be answered by RESP. `continues`: the peer still holds the state of our session
 * with it. */
export interface AcceptedInit extends ReceivedInit, HandshakeContents {
  readonly remote: RemoteKey;
  readonly from: Address;
  readonly packetBytes: number;
  /** A cookie or token has shown that its sender receives at `from`. */
  readonly isProven: boolean;
}

/** A session that waits for its first DATA. */
export interface HalfOpen<Owner> {
  readonly session: Session<Owner>;
  readonly work: WorkClaim;
  readonly datagramBytesMax: number;
  /** Both sides said that they hold the state of the session before. */
  readonly continues: boolean;
  /** The INIT's sender was shown to receive where it claims to be. */
  readonly isProven: boolean;
  readonly hasAsked: boolean;
  readonly answeredAt: Instant;
}

interface Answered<Owner> {
  readonly packet: Uint8Array;
  readonly session: Session<Owner>;
  readonly freed: readonly number[];
}

interface ResponderOptions {
  readonly identity: LocalKey;
  readonly networkId: Uint8Array;
  readonly random: Random;
  readonly unixMs: () => UnixMs;
  readonly now: Instant;
  readonly datagramBytesMax: number;
  readonly exemptPrivateAddresses: boolean;
  readonly isRefused: (publicKey: PublicKey) => boolean;
  readonly limits: EndpointLimits;
  readonly contacts: ContactMemory;
  readonly outbox: Outbox;
}

/** The responder's side of handshakes: who gets a RESP, who a COOKIE, who silence (protocol.md §1),
 * and the half-open sessions in between. */
export class Responder<Owner> {
  work: WorkClaim;
  readonly #options: ResponderOptions;
  readonly #jar: CookieJar;
  readonly #limits: InitLimits;
  readonly #replay: InitReplay;
  /** By our connection id, oldest first: all live equally long. */
  readonly #halfOpen = new Map<number, HalfOpen<Owner>>();
  readonly #byKey = new Map<string, Set<HalfOpen<Owner>>>();
  #unproven = 0;

  constructor(options: ResponderOptions, work: WorkClaim) {
    this.#options = options;
    this.work = work;
    this.#jar = new CookieJar(options.random, options.now);
    this.#limits = new InitLimits(options.now);
    this.#replay = new InitReplay(options.unixMs(), options.now);
  }

  /** Half-open sessions. */
  get size(): number {
    return this.#halfOpen.size;
  }

  halfOpenOf(connectionId: number): HalfOpen<Owner> | undefined {
    return this.#halfOpen.get(connectionId);
  }

  /** The newest half-open session of a key that may be written to before its first DATA has come:
   * its address is proven, and it has asked something, so that it may be content with that. */
  usable(publicKey: PublicKey, now: Instant): Session<Owner> | undefined {
    let newest: Session<Owner> | undefined;
    for (const { session, isProven, hasAsked, answeredAt } of this.#ofKey(publicKey)) {
      if (isProven && hasAsked && now < after(answeredAt, USABLE_MS)) newest = session;
    }
    return newest;
  }

  #ofKey(publicKey: PublicKey): Iterable<HalfOpen<Owner>> {
    return this.#byKey.get(toHex(publicKey)) ?? [];
  }

  /** True if this key's own handshake with us is waiting for its first DATA. */
  isExpecting(publicKey: PublicKey): boolean {
    return this.#byKey.has(toHex(publicKey));
  }

  /** Decides about the INIT at `at`. Answers by a COOKIE itself where the rules want one.
   * @returns a Drop for all that gets no RESP. What is accepted is so once: a copy of it is a
   * replay from here on. */
  receive(
    packet: Uint8Array,
    at: number,
    end: number,
    from: Address,
    now: Instant,
  ): AcceptedInit | Drop {
    const { identity, networkId, contacts, isRefused, unixMs } = this.#options;
    const envelope = openInit(identity, packet, at, end);
    if ("drop" in envelope) return envelope;
    if (this.#replay.wasAnswered(envelope.ephemeral)) return drop("replayed");
    const { proof, authenticated } = envelope;
    const proofKind = this.#jar.proofKind(from, proof, authenticated, now);
    const isExempt = this.#options.exemptPrivateAddresses && !isGlobalIp(from.ip);
    const isProven = proofKind !== "none";
    const verdict = this.#limits.admit(from.ip, isProven, isExempt, this.#unproven, now);
    if (verdict === "cookie") this.#sendCookie(envelope, from, now);
    if (verdict !== "answer") return drop("limit");
    const init = readInit(networkId, identity, envelope, (key) => contacts.of(key)?.remote);
    if ("drop" in init) return init;
    const isOurs = equalBytes(init.publicKey, identity.publicKey);
    if (isOurs || isRefused(init.publicKey)) return drop("unexpected");
    const frames = readHandshakeFrames(init.frames);
    if ("drop" in frames) return frames;
    const { ephemeral, publicKey, timeStampMs } = init;
    const hasCookie = proofKind === "cookie";
    const unixNow = unixMs();
    switch (this.#replay.check(ephemeral, publicKey, timeStampMs, hasCookie, unixNow, now)) {
      case "fresh":
        this.#replay.record(ephemeral, publicKey, timeStampMs, now);
        return { ...init, ...frames, from, packetBytes: envelope.length, isProven };
      case "cookie_only":
        this.#sendCookie(envelope, from, now);
        return drop("stale");
      case "replayed":
        return drop("replayed");
      case "full":
        return drop("limit");
    }
  }

  /** Builds the RESP and holds the new session half-open.
   * @param answers to questions of the INIT. @param connectionId a free one of ours. @returns the
   * session and the connection ids that gave way for it; undefined if the INIT's ephemeral key
   * gives no shared secret. */
  answer(
    init: AcceptedInit,
    continues: boolean,
    answers: readonly HandshakeMessage[],
    connectionId: number,
    now: Instant,
  ): Answered<Owner> | undefined {
    const { identity, random, datagramBytesMax } = this.#options;
    const { from } = init;
    const fields = {
      connectionId,
      work: this.work,
      datagramBytesMax,
      observedAddress: from,
      token: this.#jar.token(from, now),
      frames: handshakeFrames(continues, answers),
    };
    const written = writeResp(identity, init, x25519(randomBytes(random, 32)), fields, random);
    if (written === undefined) return undefined;
    const session = sessionOf<Owner>(
      "responder",
      written.keys,
      connectionId,
      init.connectionId,
      init.remote,
      from,
    );
    const freed = this.#makeRoom(init.publicKey);
    this.#add({
      session,
      work: init.work,
      datagramBytesMax: init.datagramBytesMax,
      continues,
      isProven: init.isProven,
      hasAsked: init.messages.length > 0,
      answeredAt: now,
    });
    return { packet: written.packet, session, freed };
  }

  /** Takes out every half-open session of a key, since one of them, or one of ours, has become the
   * session. @returns their connection ids. */
  release(publicKey: PublicKey): number[] {
    const freed: number[] = [];
    for (const halfOpen of [...this.#ofKey(publicKey)]) {
      freed.push(this.#remove(halfOpen));
    }
    return freed;
  }

  nextTimeout(): Instant | undefined {
    for (const { answeredAt } of this.#halfOpen.values()) return after(answeredAt, HALF_OPEN_MS);
    return undefined;
  }

  /** @returns the connection ids of half-open sessions whose time is up. */
  handleTimeout(now: Instant): number[] {
    const freed: number[] = [];
    for (const halfOpen of this.#halfOpen.values()) {
      if (after(halfOpen.answeredAt, HALF_OPEN_MS) > now) break;
      freed.push(this.#remove(halfOpen));
    }
    return freed;
  }

  #sendCookie({ ephemeral }: InitEnvelope, from: Address, now: Instant): void {
    const { identity, random, unixMs, outbox } = this.#options;
    const cookie = this.#jar.cookie(from, now);
    outbox.push(from, writeCookie(identity.publicKey, ephemeral, cookie, unixMs(), random));
  }

  /** Lets the oldest give way so that one more of this key fits. */
  #makeRoom(publicKey: PublicKey): number[] {
    const { halfOpenMax, halfOpenPerKeyMax } = this.#options.limits;
    const freed: number[] = [];
    const ofKey = this.#byKey.get(toHex(publicKey));
    if (ofKey !== undefined && ofKey.size >= halfOpenPerKeyMax) {
      for (const oldest of ofKey) {
        freed.push(this.#remove(oldest));
        break;
      }
    }
    if (this.#halfOpen.size >= halfOpenMax) {
      for (const oldest of this.#halfOpen.values()) {
        freed.push(this.#remove(oldest));
        break;
      }
    }
    return freed;
  }

  #add(halfOpen: HalfOpen<Owner>): void {
    this.#halfOpen.set(halfOpen.session.connectionId, halfOpen);
    if (!halfOpen.isProven) this.#unproven++;
    const hex = toHex(halfOpen.session.remote.publicKey);
    const ofKey = this.#byKey.get(hex);
    if (ofKey === undefined) this.#byKey.set(hex, new Set([halfOpen]));
    else ofKey.add(halfOpen);
  }

  #remove(halfOpen: HalfOpen<Owner>): number {
    const { connectionId, remote } = halfOpen.session;
    if (this.#halfOpen.delete(connectionId) && !halfOpen.isProven) this.#unproven--;
    const hex = toHex(remote.publicKey);
    const ofKey = this.#byKey.get(hex);
    ofKey?.delete(halfOpen);
    if (ofKey?.size === 0) this.#byKey.delete(hex);
    return connectionId;
  }
}
