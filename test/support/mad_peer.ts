import fc from "fast-check";
import { keyPairFromSeed, networkOf, parseNodeUri } from "../../src/identity/mod.ts";
import { randomBelow, type SeededRandom } from "../../src/lib/mod.ts";
import { Driver, type LoopPart } from "../../src/node/loop/driver.ts";
import type { Clock, OpenDatagramSocket } from "../../src/ports/mod.ts";
import { localKeyOf } from "../../src/session/mod.ts";
import {
  type ConnectionHandle,
  type DialTarget,
  Endpoint,
  FETCH_STATUS,
  type TransportEvent,
} from "../../src/transport/mod.ts";
import { decodeMessage, encodeMessage, isDrop, type Message } from "../../src/wire/mod.ts";
import { anyMessageOf, definitions, fits } from "./wire_arbitraries.ts";

const SLICE_BYTES = 65_536;
const SLICES = 16;
const ID_BYTES = 20;

export interface MadPeerOptions {
  readonly random: SeededRandom;
  readonly clock: Clock;
  readonly openSocket: OpenDatagramSocket;
  readonly ip: string;
  /** Whom it bothers. */
  readonly uri: string;
  /** Ids of what is there, which most of what it says is about. */
  readonly ids: readonly Uint8Array[];
}

/** A peer whose packets are faultless and whose every deed is drawn: it asks and calls off, answers
 * what it was not asked, serves noise, goes and comes back. */
export class MadPeer {
  readonly #options: MadPeerOptions;
  readonly #random: SeededRandom;
  readonly #endpoint: Endpoint;
  readonly #driver: Driver;
  readonly #into = new Uint8Array(SLICES * SLICE_BYTES);
  readonly #fetches: { readonly connection: ConnectionHandle; readonly requestId: number }[] = [];
  readonly #wanted: Extract<TransportEvent, { kind: "fetch_requested" }>[] = [];
  readonly #target: DialTarget;
  #connection: ConnectionHandle;
  /** A FETCH of which something came last. */
  #coming: number | undefined;
  /** What it has heard. */
  readonly heard = new Map<string, number>();

  constructor(options: MadPeerOptions) {
    this.#options = options;
    const { random, clock } = options;
    this.#random = random;
    const secret = new Uint8Array(32);
    random.fill(secret);
    this.#endpoint = new Endpoint({
      identity: localKeyOf(keyPairFromSeed(secret).seed),
      work: { idNonce: 0n, rankNonce: 0n, rank: 0 },
      networkName: networkOf("dev").name,
      random: random.split("endpoint"),
      unixMs: () => clock.unixMs(),
      now: clock.now(),
      exemptPrivateAddresses: true,
    });
    const part: LoopPart = { turn: () => this.#hear(), nextTimeout: () => undefined };
    this.#driver = new Driver(clock, this.#endpoint, [part]);
    this.#target = targetOf(options.uri);
    this.#connection = this.#endpoint.connect(this.#target, clock.now());
  }

  async open(): Promise<void> {
    const { openSocket, ip } = this.#options;
    const handlers = this.#driver.handlers;
    this.#driver.attach(await openSocket({ host: ip, port: 4_000 }, handlers));
  }

  /** Does something. */
  act(): void {
    const now = this.#options.clock.now();
    const deed = this.#below(100);
    if (deed < 40) this.#ask();
    else if (deed < 60) this.#callOff();
    else if (deed < 80) this.#say(this.#below(definitions.length), this.#below(1_000));
    else if (deed < 99) this.#serve();
    else if (this.#below(10) === 0) this.#endpoint.close(this.#connection, 0, now);
    this.#connection = this.#endpoint.connect(this.#target, now);
    this.#driver.wake();
  }

  close(): Promise<void> {
    return this.#driver.close();
  }

  #ask(): void {
    const bitmap = this.#below(4) === 0 ? 1 << this.#below(SLICES) : this.#below(2 ** SLICES);
    const maxPrice = this.#below(3) === 0 ? this.#below(256) : 255;
    const request = { id: this.#id(), bitmap: Math.max(1, bitmap), maxPrice, into: this.#into };
    const now = this.#options.clock.now();
    const requestId = this.#endpoint.startFetch(this.#connection, request, now);
    if (requestId !== undefined) this.#fetches.push({ connection: this.#connection, requestId });
  }

  #callOff(): void {
    const isComing = this.#below(2) === 0;
    const at = isComing
      ? this.#fetches.findIndex(({ requestId }) => requestId === this.#coming)
      : this.#below(this.#fetches.length + 1);
    const fetch = at < 0 ? undefined : this.#fetches.splice(at, 1)[0];
    if (fetch === undefined) return;
    const slice = this.#below(3) === 0 ? this.#below(SLICES) : undefined;
    const now = this.#options.clock.now();
    this.#endpoint.cancelFetch(fetch.connection, fetch.requestId, now, slice);
    if (slice !== undefined) this.#fetches.push(fetch);
  }

  #say(which: number, requestId: number): void {
    const definition = definitions[which % definitions.length];
    if (definition === undefined) return;
    const seed = this.#random.u32() | 0;
    const [drawn] = fc.sample(anyMessageOf(definition).filter(fits), { seed, numRuns: 1 });
    if (drawn === undefined) return;
    const fields = Object.entries({ ...drawn, requestId }).map(([name, value]) => {
      if (this.#below(5) === 0) return [name, value];
      if (value instanceof Uint8Array && value.length === ID_BYTES) return [name, this.#id()];
      if (!Array.isArray(value) || !(value[0] instanceof Uint8Array)) return [name, value];
      return [name, value.map(() => this.#id())];
    });
    const bytes = encodeMessage(Object.fromEntries(fields) as Message);
    const now = this.#options.clock.now();
    if (this.#below(2) === 0) this.#endpoint.sendMessage(this.#connection, bytes, now);
    else this.#endpoint.sendAnswer(this.#connection, bytes, now);
  }

  /** Answers a FETCH, or a part of it, or not. */
  #serve(): void {
    const wanted = this.#wanted.splice(this.#below(this.#wanted.length + 1), 1)[0];
    if (wanted === undefined) return;
    const { connection, requestId } = wanted;
    const now = this.#options.clock.now();
    const statuses = Object.values(FETCH_STATUS);
    const drawn = statuses[this.#below(statuses.length)] ?? FETCH_STATUS.ok;
    const status = this.#below(3) > 0 ? FETCH_STATUS.ok : drawn;
    const chunkLength = this.#below(3) > 0 ? SLICES * SLICE_BYTES : this.#below(2 ** 21);
    const standing = {
      factor: this.#below(20),
      balance: BigInt(this.#below(2 ** 30)),
      line: BigInt(this.#below(2 ** 30)),
    };
    this.#endpoint.fetchInfo(
      connection,
      requestId,
      { status, chunkLength, queueMs: 0, standing },
      now,
    );
    for (let i = this.#below(SLICES); i > 0; i--) {
      const slice = this.#below(SLICES);
      if (this.#below(4) === 0) {
        this.#endpoint.refuseSlice(connection, requestId, slice, 1 + this.#below(255), now);
      } else {
        const bytes = this.#into.slice(0, this.#below(4) > 0 ? SLICE_BYTES : 1 + this.#below(999));
        this.#endpoint.provideSlice(connection, requestId, slice, bytes, now);
      }
    }
  }

  #hear(): void {
    for (let event = this.#endpoint.pollEvent(); event; event = this.#endpoint.pollEvent()) {
      const kind = event.kind === "message" ? this.#answer(event.bytes) : event.kind;
      this.heard.set(kind, (this.heard.get(kind) ?? 0) + 1);
      if (event.kind === "fetch_requested") this.#wanted.push(event);
      if (event.kind === "slice_received") this.#coming = event.requestId;
    }
  }

  /** Most questions get an answer of their kind, whatever it says. */
  #answer(bytes: Uint8Array): string {
    const message = decodeMessage(bytes);
    if (isDrop(message)) throw new Error("it says what nobody can read");
    const at = definitions.findIndex(({ type }) => type === message.type);
    const isOfKind = this.#below(5) > 0; // answers stand behind their questions
    this.#say(isOfKind ? at + 1 : this.#below(definitions.length), message.requestId);
    return message.type;
  }

  #id(): Uint8Array {
    const { ids } = this.#options;
    const known = ids[this.#below(ids.length)];
    if (known !== undefined && this.#below(8) > 0) return known;
    const id = new Uint8Array(ID_BYTES);
    this.#random.fill(id);
    return id;
  }

  #below(bound: number): number {
    return randomBelow(this.#random, bound);
  }
}

function targetOf(uri: string): DialTarget {
  const parsed = parseNodeUri(uri);
  if ("fault" in parsed) throw new Error(`${uri} ${parsed.fault}`);
  return { publicKey: parsed.publicKey, address: { ip: parsed.host, port: parsed.port } };
}
