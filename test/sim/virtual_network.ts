import { type Address, formatAddress, type SeededRandom } from "../../src/lib/mod.ts";
import type { Clock } from "../../src/ports/mod.ts";
import { TraceHash } from "./trace_hash.ts";
import type { VirtualClock } from "./virtual_clock.ts";
import { type HostDrop, VirtualHost } from "./virtual_host.ts";
import {
  Bottleneck,
  DATAGRAM_OVERHEAD_BYTES,
  type LinkDrop,
  type LinkModel,
  VirtualLink,
} from "./virtual_link.ts";

const LOOPBACK_DELAY_MS = 0.01;
/** An interface's send buffer counts datagrams of an Ethernet's size. */
const DATAGRAM_WIRE_BYTES = 1_500;

export type NetworkDrop = LinkDrop | HostDrop | "partitioned" | "no_host" | "access_queue_full";

/** What `onPacket` sees: one line per datagram sent, arrived or lost. */
export interface PacketEvent {
  readonly atMs: number;
  readonly kind: "sent" | "arrived" | "dropped";
  readonly from: Address;
  readonly to: Address;
  /** Valid during the call only. */
  readonly bytes: Uint8Array;
  readonly why?: NetworkDrop;
}

/** The line between a machine and the network, shared by all its paths. */
export interface AccessLine {
  readonly upBytesPerSecond?: number;
  readonly downBytesPerSecond?: number;
  /** Queue before each of the two, bytes. */
  readonly queueBytes: number;
  /** The line is the machine's own interface and the queue its send buffer: `send` takes what there
   * is room for, and nothing is dropped on the way up. Without it the line is a router's. */
  readonly isOwnInterface?: boolean;
}

export interface HostOptions {
  /** The machine's own clock; the network's if absent. */
  readonly clock?: Clock;
  readonly access?: AccessLine;
  readonly receiveBufferBytes?: number;
}

interface HostEntry {
  readonly host: VirtualHost;
  readonly access: AccessLine | undefined;
  readonly up: Bottleneck;
  readonly down: Bottleneck;
}

interface Cut {
  readonly from: ReadonlySet<string>;
  readonly to: ReadonlySet<string>;
}

/** UDP between simulated machines, one VirtualLink per ordered pair. All chance comes from the
 * seeded stream given, all time from the virtual clock: the same seed and the same calls give the
 * same `trace`. What is lost is lost silently, as behind a firewall that sends no ICMP. */
export class VirtualNetwork {
  readonly trace = new TraceHash();
  /** Called for each datagram sent, arrived or lost; for transcripts and invariants. */
  onPacket: ((event: PacketEvent) => void) | undefined;
  readonly #clock: VirtualClock;
  readonly #random: SeededRandom;
  readonly #hosts = new Map<string, HostEntry>();
  readonly #links = new Map<string, VirtualLink>();
  readonly #models = new Map<string, LinkModel>();
  readonly #cuts = new Set<Cut>();
  readonly #drops = new Map<NetworkDrop, number>();
  #defaultModel: LinkModel;
  #sent = 0;
  #arrived = 0;
  #sentBytes = 0;
  #arrivedBytes = 0;

  constructor(options: {
    readonly clock: VirtualClock;
    readonly random: SeededRandom;
    /** For every pair without a model of its own. */
    readonly link: LinkModel;
  }) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#defaultModel = options.link;
  }

  /** Datagrams and their payload bytes; a duplicate arrives without having been sent. */
  get counts(): {
    readonly sent: number;
    readonly arrived: number;
    readonly sentBytes: number;
    readonly arrivedBytes: number;
    readonly drops: ReadonlyMap<NetworkDrop, number>;
  } {
    return {
      sent: this.#sent,
      arrived: this.#arrived,
      sentBytes: this.#sentBytes,
      arrivedBytes: this.#arrivedBytes,
      drops: this.#drops,
    };
  }

  /** Plugs a machine in at `ip` (canonical text). One that was there is unplugged first: that is
   * how a restart looks from outside. */
  addHost(ip: string, options: HostOptions = {}): VirtualHost {
    this.removeHost(ip);
    const { receiveBufferBytes } = options;
    const host = new VirtualHost(
      { transmit: (from, to, bytes) => this.#transmit(from, to, bytes) },
      {
        ip,
        clock: options.clock ?? this.#clock,
        ...(receiveBufferBytes === undefined ? {} : { receiveBufferBytes }),
      },
    );
    const entry = { host, access: options.access, up: new Bottleneck(), down: new Bottleneck() };
    this.#hosts.set(ip, entry);
    const { upBytesPerSecond: rate, queueBytes, isOwnInterface } = options.access ?? {};
    if (isOwnInterface && rate !== undefined) {
      const room = () => entry.up.roomBytes(this.#clock.now(), rate, queueBytes ?? 0);
      host.limitSends(() => Math.max(0, Math.floor(room() / DATAGRAM_WIRE_BYTES)));
    }
    return host;
  }

  /** Closes a machine's sockets; what is on the way to it is lost. */
  removeHost(ip: string): void {
    this.#hosts.get(ip)?.host.closeAll();
    this.#hosts.delete(ip);
  }

  /** The model of every pair without one of its own, from now on. */
  setDefaultLink(model: LinkModel): void {
    this.#defaultModel = model;
  }

  /** The model of one direction, from now on; undefined returns it to the default. */
  setLink(fromIp: string, toIp: string, model: LinkModel | undefined): void {
    const key = pairKey(fromIp, toIp);
    if (model === undefined) this.#models.delete(key);
    else this.#models.set(key, model);
  }

  /** One direction delivers nothing for `ms`, then all that waited. */
  clog(fromIp: string, toIp: string, ms: number): void {
    this.#link(fromIp, toIp).clog(ms, this.#clock.now());
  }

  /** Cuts every path between the two groups, or only from the first to the second. What is on the
   * way still arrives. @returns a function that mends this cut. */
  partition(
    a: readonly string[],
    b: readonly string[],
    direction: "both" | "a_to_b" = "both",
  ): () => void {
    const cuts: Cut[] = [{ from: new Set(a), to: new Set(b) }];
    if (direction === "both") cuts.push({ from: new Set(b), to: new Set(a) });
    for (const cut of cuts) this.#cuts.add(cut);
    return () => {
      for (const cut of cuts) this.#cuts.delete(cut);
    };
  }

  /** Cuts one machine off from all others now plugged in. @returns a function that mends it. */
  isolate(ip: string): () => void {
    return this.partition([ip], [...this.#hosts.keys()].filter((other) => other !== ip));
  }

  /** Mends every cut. */
  heal(): void {
    this.#cuts.clear();
  }

  #transmit(from: Address, to: Address, borrowed: Uint8Array): void {
    const bytes = new Uint8Array(borrowed);
    this.#sent++;
    this.#sentBytes += bytes.length;
    this.#note("sent", from, to, bytes);
    const target = isLoopback(to.ip) ? { ip: from.ip, port: to.port } : to;
    if (target.ip === from.ip) {
      this.#clock.schedule(LOOPBACK_DELAY_MS, () => this.#arrive(from, target, bytes));
      return;
    }
    if (this.#isCut(from.ip, to.ip)) return this.#drop("partitioned", from, to, bytes);
    const waitMs = this.#accessWaitMs(from.ip, "up", bytes.length);
    if (waitMs === undefined) return this.#drop("access_queue_full", from, to, bytes);
    if (waitMs === 0) return this.#enterLink(from, to, bytes);
    this.#clock.schedule(waitMs, () => this.#enterLink(from, to, bytes));
  }

  #enterLink(from: Address, to: Address, bytes: Uint8Array<ArrayBuffer>): void {
    const now = this.#clock.now();
    const model = this.#models.get(pairKey(from.ip, to.ip)) ?? this.#defaultModel;
    const link = this.#link(from.ip, to.ip);
    const why = link.transmit(bytes, now, model, (atMs, copy) => {
      this.#clock.schedule(atMs - now, () => this.#leaveLink(from, to, copy));
    });
    if (why !== undefined) this.#drop(why, from, to, bytes);
  }

  #leaveLink(from: Address, to: Address, bytes: Uint8Array<ArrayBuffer>): void {
    const waitMs = this.#accessWaitMs(to.ip, "down", bytes.length);
    if (waitMs === undefined) return this.#drop("access_queue_full", from, to, bytes);
    if (waitMs === 0) return this.#arrive(from, to, bytes);
    this.#clock.schedule(waitMs, () => this.#arrive(from, to, bytes));
  }

  #arrive(from: Address, to: Address, bytes: Uint8Array<ArrayBuffer>): void {
    const entry = this.#hosts.get(to.ip);
    if (entry === undefined) return this.#drop("no_host", from, to, bytes);
    const why = entry.host.receive(bytes, from, to.port);
    if (why !== undefined) return this.#drop(why, from, to, bytes);
    this.#arrived++;
    this.#arrivedBytes += bytes.length;
    this.#note("arrived", from, to, bytes);
  }

  #accessWaitMs(ip: string, way: "up" | "down", bytes: number): number | undefined {
    const entry = this.#hosts.get(ip);
    const access = entry?.access;
    const rate = way === "up" ? access?.upBytesPerSecond : access?.downBytesPerSecond;
    if (entry === undefined || access === undefined || rate === undefined) return 0;
    const now = this.#clock.now();
    const wireBytes = bytes + DATAGRAM_OVERHEAD_BYTES;
    const leftMs = entry[way].enqueue(wireBytes, now, rate, access.queueBytes);
    return leftMs === undefined ? undefined : leftMs - now;
  }

  #isCut(fromIp: string, toIp: string): boolean {
    for (const cut of this.#cuts) if (cut.from.has(fromIp) && cut.to.has(toIp)) return true;
    return false;
  }

  #link(fromIp: string, toIp: string): VirtualLink {
    const key = pairKey(fromIp, toIp);
    let link = this.#links.get(key);
    if (link === undefined) {
      link = new VirtualLink(this.#random.split(key));
      this.#links.set(key, link);
    }
    return link;
  }

  #drop(why: NetworkDrop, from: Address, to: Address, bytes: Uint8Array): void {
    this.#drops.set(why, (this.#drops.get(why) ?? 0) + 1);
    this.#note("dropped", from, to, bytes, why);
  }

  #note(
    kind: PacketEvent["kind"],
    from: Address,
    to: Address,
    bytes: Uint8Array,
    why?: NetworkDrop,
  ): void {
    const atMs = this.#clock.now();
    this.trace.number(atMs);
    this.trace.text(`${kind} ${formatAddress(from)} ${formatAddress(to)} ${why ?? ""}`);
    this.trace.bytes(bytes);
    this.onPacket?.({ atMs, kind, from, to, bytes, ...(why === undefined ? {} : { why }) });
  }
}

function pairKey(fromIp: string, toIp: string): string {
  return `${fromIp}>${toIp}`;
}

function isLoopback(ip: string): boolean {
  return ip === "::1" || ip.startsWith("127.");
}
