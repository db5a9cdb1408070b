import { after, BoundedMap, type Instant, type NodeId, toHex } from "../lib/mod.ts";
import { isUsable } from "./address_policy.ts";
import { asKnown, type DhtContext } from "./context.ts";
import { idOfPrefix } from "./distance.ts";
import type { DhtPeer, KnownNode } from "./events.ts";
import type { Claim } from "./identities.ts";
import { type TableContact, tableContact } from "./k_bucket.ts";
import type { PendingRequest } from "./requests.ts";

/** Nodes that have answered and whose claim is being checked. */
const ANSWERED_MAX = 512;
/** Nodes that asked us something and were pinged lately. */
const PINGED_MAX = 1024;
const PING_AGAIN_MS = 60_000;
/** Checks for the table leave at least this share of the places to lookups. */
const TABLE_CHECKS_SHARE = 0.5;

/** Somebody answered us this shortly before a question that was not: then the silence is the other
 * one's, not ours. Three pings' time, so that it tells in a network of three nodes too. */
const ONLINE_MS = 15_000;

/** Decides who is in the routing table: nodes that answered a question of ours and whose claim of
 * place is verified. A node that only asks us is pinged first. Unanswered questions count against a
 * node only if others did answer meanwhile: our own outage must not empty the table. */
export class Membership {
  readonly #context: DhtContext;
  readonly #answered = new BoundedMap<string, { peer: DhtPeer; at: Instant }>(ANSWERED_MAX);
  readonly #pinged = new BoundedMap<string, Instant>(PINGED_MAX);
  #lastAnswerAt: Instant | undefined;

  constructor(context: DhtContext) {
    this.#context = context;
  }

  /** A node has answered our question. @param idPrefix what others told of its id: spares the check
   * of a claim for which the table has no place. @param key the node's, in hex. */
  noteAnswer(from: DhtPeer, now: Instant, idPrefix?: number, key = toHex(from.publicKey)): void {
    const { table, identities, requests } = this.#context;
    this.#lastAnswerAt = now;
    const known = table.get(key);
    const isAsKnown = known?.idNonce === from.idNonce && known.address.port === from.address.port &&
      known.address.ip === from.address.ip;
    if (isAsKnown) return table.touch(known, now, requests.rttMs(key));
    if (known?.idNonce === from.idNonce) return this.#offer(from, key, known.nodeId, now);
    identities.touch(key);
    const standing = identities.standing(from, undefined, key);
    if (standing === "false") return this.#context.ban(from.publicKey, now);
    if (standing !== "unknown") return this.#offer(from, key, standing, now);
    // It came back with another nonce: a new place, which has to be verified like any other.
    if (known !== undefined) this.#leave(known);
    if (!isUsable(from.address, this.#context.config.table)) return;
    if (idPrefix !== undefined && !table.hasUseFor(idOfPrefix(idPrefix), from.address)) return;
    const { pendingMax } = this.#context.config.identities;
    this.#answered.delete(key);
    const { publicKey, address, idNonce, rank } = from; // a copy: the shell's object holds more
    this.#answered.set(key, { peer: { publicKey, address, idNonce, rank }, at: now });
    if (identities.pending < pendingMax * TABLE_CHECKS_SHARE) {
      this.#context.check(from.publicKey, from.idNonce, "table", now);
    }
  }

  /** A node has asked us something: is it one to get to know? */
  noteQuestion(from: DhtPeer, now: Instant, key = toHex(from.publicKey)): void {
    const { table, identities, requests, config } = this.#context;
    if (table.get(key) !== undefined || !isUsable(from.address, config.table)) return;
    if (this.#answered.get(key)?.peer.idNonce === from.idNonce) return; // only its check is missing
    const pingedAt = this.#pinged.get(key);
    if (pingedAt !== undefined && now - pingedAt < PING_AGAIN_MS) return;
    const standing = identities.standing(from, undefined, key);
    if (standing === "false") return this.#context.ban(from.publicKey, now);
    if (standing !== "unknown" && !table.hasUseFor(standing, from.address)) return;
    if (requests.room <= config.requests.inFlightMax / 2) return; // lookups have the rest
    this.#pinged.delete(key);
    this.#pinged.set(key, now);
    this.#context.ask({ type: "PING", seq: 1 }, from, { kind: "ping" }, now, key);
  }

  /** A claim was checked. */
  noteVerified(claim: Claim, nodeId: NodeId | undefined, now: Instant): void {
    const key = toHex(claim.publicKey);
    const answered = this.#answered.get(key);
    if (answered === undefined || answered.peer.idNonce !== claim.idNonce) return;
    this.#answered.delete(key);
    if (nodeId === undefined) this.#context.ban(claim.publicKey, now);
    else this.#offer(answered.peer, key, nodeId, answered.at);
  }

  /** A question was left without any answer. */
  noteFailure(request: PendingRequest<unknown>, now: Instant): void {
    const { table, config } = this.#context;
    const lastAnswerAt = this.#lastAnswerAt ?? request.startedAt;
    const othersAnswered = after(lastAnswerAt, ONLINE_MS) > request.startedAt;
    if (!othersAnswered && now - lastAnswerAt < config.outageMaxMs) return;
    const { removed, added } = table.fail(request.key);
    if (removed !== undefined) {
      this.#context.emit({ kind: "contact_removed", contact: asKnown(removed) });
    }
    if (added !== undefined) this.#context.emit({ kind: "contact_added", contact: asKnown(added) });
  }

  #leave({ key, nodeId }: TableContact): void {
    const removed = this.#context.table.remove(key, nodeId);
    if (removed === undefined) return;
    this.#context.emit({ kind: "contact_removed", contact: asKnown(removed) });
  }

  #offer(peer: DhtPeer, key: string, nodeId: NodeId, at: Instant): void {
    const { table, requests, config } = this.#context;
    const known = table.get(key);
    // Others would be told of a place that it has left, and look for it where it is not.
    if (known !== undefined && known.idNonce !== peer.idNonce) this.#leave(known);
    if (!isUsable(peer.address, config.table)) return;
    const { publicKey, address, idNonce } = peer;
    const contact: KnownNode = { publicKey, address, idNonce, nodeId };
    const admission = table.offer(
      tableContact({ ...contact, key, lastSeen: at, rttMs: requests.rttMs(key) }),
    );
    if (admission === "added") this.#context.emit({ kind: "contact_added", contact });
  }
}
