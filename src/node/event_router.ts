import { type ChunkId, type Instant, toHex, TokenBuckets } from "../lib/mod.ts";
import type { ConnectionHandle, Transport, TransportEvent } from "../transport/mod.ts";
import {
  decodeMessage,
  type Drop,
  drop,
  type DropReason,
  earlinessOf,
  encodeMessage,
  isDrop,
  type Message,
} from "../wire/mod.ts";
import type { DhtService } from "./peers/dht_service.ts";
import type { LoopPart } from "./loop/driver.ts";
import type { FetchRequests } from "./fetch/fetch_requests.ts";
import { answerHave } from "./serve/have_responder.ts";
import type { HolderDirectory } from "./fetch/holder_directory.ts";
import type { Holdings } from "./fetch/holdings.ts";
import type { MessageHandlers } from "./contract/message_handlers.ts";
import type { PeerTable } from "./peers/peer_table.ts";
import type { ReceiptDesk } from "./trade/receipt_desk.ts";
import type { UploadService } from "./serve/upload_service.ts";

/** Events handled at a time, which the driver lets happen four times a turn; the rest waits until
 * the loop has served its sockets and timers. The dearest, a HAVE, takes half a millisecond, most
 * take 20 µs: a turn is done after some 5 ms, and 1 GB/s of slices are 16 events a millisecond. */
const EVENTS_MAX = 64;

/** HAVEs of one peer that are answered: each costs 48 looks into the index, half a millisecond. A
 * reader at 1 Gbit/s asks four a second; ten such readers on one node get their answers. */
const HAVES_PER_SECOND = 40;
const HAVES_BURST = 80;
const HAVE_PEERS_MAX = 4_096;

export interface EventRouterTargets {
  readonly peers: PeerTable;
  readonly requests: FetchRequests;
  /** Those that are for nothing: each knows its own by their ids. */
  readonly freeRequests: FetchRequests;
  readonly holders: HolderDirectory;
  readonly uploads: UploadService;
  readonly dht: DhtService;
  readonly has: (id: ChunkId) => boolean;
  readonly holdings: Pick<Holdings, "handleReply" | "forget">;
  /** Who takes messages of one type each, beside those that are named here. */
  readonly handlers?: MessageHandlers;
  /** Told besides of connections that are gone. */
  readonly onClosed?: (event: Extract<TransportEvent, { kind: "closed" }>, now: Instant) => void;
  readonly market: {
    handleEvent(
      event: Extract<TransportEvent, { kind: "connected" | "closed" }>,
      now: Instant,
    ): void;
    readonly desk: Pick<ReceiptDesk, "handleReceipt" | "handleAck">;
  };
}

/** A handler of whatever type: it is found by the message's own. */
type AnyHandler = (
  connection: ConnectionHandle,
  message: Message,
  now: Instant,
) => DropReason | undefined;

/** Carries what comes out of the transport to whom it concerns; counts what concerns nobody. */
export class EventRouter implements LoopPart {
  readonly #transport: Transport;
  readonly #to: EventRouterTargets;
  #moreAt: Instant | undefined;
  readonly #haves = new TokenBuckets(HAVES_PER_SECOND, HAVES_BURST, HAVE_PEERS_MAX);
  /** By reason; the keys are the closed list of wire/drop.ts. */
  readonly drops: Record<string, number> = {};

  constructor(transport: Transport, to: EventRouterTargets) {
    this.#transport = transport;
    this.#to = to;
  }

  turn(now: Instant): void {
    this.#moreAt = undefined;
    for (let count = 0; count < EVENTS_MAX; count++) {
      const event = this.#transport.pollEvent();
      if (event === undefined) return;
      this.#route(event, now);
    }
    this.#moreAt = now; // by a timer: a microtask would come before the loop's other sockets
  }

  nextTimeout(): Instant | undefined {
    return this.#moreAt;
  }

  #route(event: TransportEvent, now: Instant): void {
    const { peers, requests, freeRequests, holders, holdings, uploads, dht, market } = this.#to;
    switch (event.kind) {
      case "connected":
        peers.handleEvent(event, now);
        market.handleEvent(event, now);
        holders.handleEvent(event);
        if (event.askedUnproven) dht.handleAskerProven(event.connection, now);
        break;
      case "connect_failed":
        dht.handleUnreachable(event.publicKey, now);
        holders.handleEvent(event);
        break;
      case "closed":
        peers.handleEvent(event, now);
        requests.handleEvent(event);
        freeRequests.handleEvent(event);
        uploads.handleEvent(event, now);
        holders.handleEvent(event);
        holdings.forget(event.connection);
        market.handleEvent(event, now);
        this.#to.onClosed?.(event, now);
        break;
      case "message":
        this.#message(event, true, now);
        break;
      case "early_message":
        this.#message(event, event.isAddressProven, now);
        break;
      case "fetch_requested":
      case "fetch_cancelled":
      case "slices_wanted":
      case "slice_returned":
        uploads.handleEvent(event, now);
        break;
      case "fetch_info":
      case "slice_received":
      case "slice_refused":
        requests.handleEvent(event);
        freeRequests.handleEvent(event);
        break;
    }
  }

  #drop(reason: DropReason): void {
    this.drops[reason] = (this.drops[reason] ?? 0) + 1;
  }

  #dropFor(reason: DropReason | undefined): void {
    if (reason !== undefined) this.#drop(reason);
  }

  /** By key: each question in a handshake has a handle of its own. */
  #askerOf(connection: ConnectionHandle): string {
    const publicKey = this.#transport.info(connection)?.publicKey;
    return publicKey === undefined ? String(connection) : toHex(publicKey);
  }

  /** @param isProven its sender's address is. */
  #message(
    { kind, connection, bytes }: Extract<TransportEvent, { kind: "message" | "early_message" }>,
    isProven: boolean,
    now: Instant,
  ): void {
    const decoded = decodeMessage(bytes);
    const message = kind === "early_message" ? earlyOnly(decoded, isProven) : decoded;
    if (isDrop(message)) {
      this.#drop(message.drop);
    } else if (message.type === "HAVE") {
      if (!this.#haves.take(this.#askerOf(connection), now)) return this.#drop("limit");
      const reply = encodeMessage(answerHave(message, this.#to.has));
      this.#transport.sendMessage(connection, reply, now);
    } else if (message.type === "HAVE_REPLY") {
      if (!this.#to.holdings.handleReply(connection, message, now)) this.#drop("unexpected");
    } else if (message.type === "RECEIPT") {
      if (!this.#to.market.desk.handleReceipt(connection, message, now)) this.#drop("limit");
    } else if (message.type === "RECEIPT_ACK") {
      if (!this.#to.market.desk.handleAck(connection, message)) this.#drop("unexpected");
    } else {
      const handle = this.#to.handlers?.[message.type] as AnyHandler | undefined;
      if (handle === undefined) this.#to.dht.handleMessage(connection, message, !isProven, now);
      else this.#dropFor(handle(connection, message, now));
    }
  }
}

/** What may be carried out though it came in a handshake (protocol.md §1, 0-RTT). */
function earlyOnly(message: Message | Drop, isProven: boolean): Message | Drop {
  if (isDrop(message)) return message;
  const earliness = earlinessOf(message);
  const may = earliness === "always" || (earliness === "proven" && isProven);
  return may ? message : drop("unexpected");
}
