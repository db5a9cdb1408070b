import {
  type Address,
  assert,
  type Instant,
  type PublicKey,
  type Random,
  TimerHeap,
  toHex,
} from "../lib/mod.ts";
import type { ConnectionHandle } from "./api.ts";
import type { ConnectionConfig } from "./config.ts";
import type { ConnectionBudgets } from "./connection_parts.ts";
import { ConnectionIds } from "./connection_ids.ts";
import type { Contact } from "./contact_memory.ts";
import { drawConnectionId } from "./dialer.ts";
import { PeerLink } from "./peer_link.ts";
import { SendScheduler } from "./send_scheduler.ts";
import type { ServingCeiling } from "./serving_ceiling.ts";
import type { Session } from "./session.ts";

/** Events of one link in a row; then the others have their turn, however much it has to tell. */
const EVENTS_IN_A_ROW_MAX = 16;
/** Finer than this the order of last use need not be. */
const TOUCH_MS = 1000;

/** All peers and sessions of an endpoint, and which of them have something to do. A peer in which
 * nothing happens costs nothing: it lies in the maps and once in the timer heap. */
export class LinkTable {
  /** Sessions by our connection id, half-open ones too. */
  readonly sessions = new Map<number, Session<PeerLink>>();
  readonly #random: Random;
  readonly #budgets: ConnectionBudgets;
  readonly #config: Partial<ConnectionConfig>;
  readonly #links = new Map<ConnectionHandle, PeerLink>();
  /** Open links, at most one per key. */
  readonly #byKey = new Map<string, PeerLink>();
  /** Links with a session, least recently used first. */
  readonly #used = new Set<PeerLink>();
  /** Whose packets leave next. */
  readonly scheduler: SendScheduler<PeerLink>;
  /** Links that may have events to report, or a timer that has changed. */
  readonly #eventful = new Set<PeerLink>();
  readonly #stale = new Set<PeerLink>();
  readonly #timers = new TimerHeap<PeerLink>();
  #nextHandle = 1;
  #eventsInARow = 0;

  constructor(
    random: Random,
    budgets: ConnectionBudgets,
    config: Partial<ConnectionConfig> = {},
    ceiling?: ServingCeiling,
  ) {
    this.scheduler = new SendScheduler((link) => void this.#stale.add(link), ceiling);
    this.#random = random;
    this.#budgets = budgets;
    this.#config = config;
  }

  /** Links with a session. */
  get established(): number {
    return this.#used.size;
  }

  get handles(): Iterable<ConnectionHandle> {
    return this.#links.keys();
  }

  get(handle: ConnectionHandle): PeerLink | undefined {
    return this.#links.get(handle);
  }

  /** The open link to a key. */
  ofKey(publicKey: PublicKey): PeerLink | undefined {
    return this.#byKey.get(toHex(publicKey));
  }

  /** A handle that names no link, for a connection that fails before it begins. */
  takeHandle(): ConnectionHandle {
    return this.#nextHandle++ as ConnectionHandle;
  }

  /** A new link, which takes the place of one to the same key. */
  open(contact: Contact, address: Address, initiatedByUs: boolean, now: Instant): PeerLink {
    const handle = this.takeHandle();
    const link = new PeerLink({
      handle,
      contact,
      address,
      initiatedByUs,
      random: this.#random,
      budgets: this.#budgets,
      config: this.#config,
      now,
    });
    this.#links.set(handle, link);
    this.#byKey.set(toHex(link.publicKey), link);
    return link;
  }

  /** A connection id that is in no use. */
  freeConnectionId(): number {
    let id = drawConnectionId(this.#random);
    while (this.sessions.has(id)) id = drawConnectionId(this.#random);
    return id;
  }

  /** Carries `link` by `session` from now on; the session before it, if any, is forgotten. */
  use(link: PeerLink, session: Session<PeerLink>, now: Instant): void {
    const before = link.session;
    if (before !== undefined) this.#forgetSession(before);
    const holder = this.sessions.get(session.connectionId);
    assert(holder === undefined || holder === session, "a connection id was given twice");
    this.sessions.set(session.connectionId, session);
    session.establishedAt = now;
    link.use(session);
    this.#used.add(link);
    this.#byKey.set(toHex(link.publicKey), link);
  }

  /** Called after every deed on a link: it may have something to send, tell or wait for. */
  touch(link: PeerLink, now: Instant): void {
    this.#eventful.add(link);
    if (link.form.isClosed) this.#closed(link);
    if (!this.#links.has(link.handle)) return;
    this.scheduler.touch(link);
    this.#stale.add(link);
    if (now - link.touchedAt < TOUCH_MS || !this.#used.has(link)) return;
    link.touchedAt = now;
    this.#used.delete(link);
    this.#used.add(link);
  }

  /** The link silent for longest. */
  leastRecentlyUsed(): PeerLink | undefined {
    for (const link of this.#used) return link;
    return undefined;
  }

  /** Takes a link out of everything but the queue of events. */
  forget(link: PeerLink): void {
    const hex = toHex(link.publicKey);
    if (this.#byKey.get(hex) === link) this.#byKey.delete(hex);
    this.#links.delete(link.handle);
    this.#used.delete(link);
    this.scheduler.forget(link);
    this.#stale.delete(link);
    this.#timers.set(link, undefined);
    if (link.session !== undefined) this.#forgetSession(link.session);
  }

  #forgetSession({ connectionId, ids }: Session<PeerLink>): void {
    this.sessions.delete(connectionId);
    for (const id of ids?.ours ?? []) this.sessions.delete(id);
  }

  /** Bulk goes over `link`, and so it may last long enough to move: gives the peer ids for that. */
  giveIds(link: PeerLink): void {
    const { session } = link;
    if (session === undefined || link.form.isClosed) return;
    const ids = session.ids ??= new ConnectionIds(session.connectionId);
    while (ids.wantsMore) {
      const id = this.freeConnectionId();
      this.sessions.set(id, session);
      link.connection.path.giveId(ids.give(id));
    }
  }

  /** A packet under `connectionId`, another than the last one, has authenticated. */
  heardUnder(connectionId: number, link: PeerLink): void {
    const ids = link.session?.ids;
    if (ids === undefined) return;
    for (const retired of ids.onHeard(connectionId)) this.sessions.delete(retired);
    link.writeUnder(ids.follow());
    this.giveIds(link);
  }

  /** A closed link answers stragglers for a while, if there is a session to do so. */
  #closed(link: PeerLink): void {
    const hex = toHex(link.publicKey);
    if (this.#byKey.get(hex) === link) this.#byKey.delete(hex);
    this.#used.delete(link);
    if (link.session === undefined || link.form.isDrained) this.forget(link);
  }

  /** A link that may have events; it stays in turn until drop() says that it had none. */
  peekEventful(): PeerLink | undefined {
    for (const link of this.#eventful) return link;
    return undefined;
  }

  /** `link`, which peekEventful() gave, has told one event. */
  toldEvent(link: PeerLink): void {
    if (++this.#eventsInARow < EVENTS_IN_A_ROW_MAX) return;
    this.#eventsInARow = 0;
    this.#eventful.delete(link);
    this.#eventful.add(link);
  }

  dropEventful(link: PeerLink): void {
    this.#eventsInARow = 0;
    this.#eventful.delete(link);
  }

  nextTimeout(): Instant | undefined {
    this.#refresh();
    return this.#timers.next();
  }

  /** All links whose timers are due, each once: one that is due again at the same instant waits for
   * what it wants to be done in between, such as sending. */
  takeDue(now: Instant): PeerLink[] {
    this.#refresh();
    const due: PeerLink[] = [];
    let link = this.#timers.popDue(now);
    for (; link !== undefined; link = this.#timers.popDue(now)) due.push(link);
    return due;
  }

  #refresh(): void {
    for (const link of this.#stale) this.#timers.set(link, link.nextTimeout());
    this.#stale.clear();
  }
}
