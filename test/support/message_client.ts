import {
  keyPairFromSeed,
  type Network,
  networkOf,
  parseNodeUri,
  verifyWork,
} from "../../src/identity/mod.ts";
import { SeededRandom } from "../../src/lib/mod.ts";
import { Driver, type LoopPart } from "../../src/node/loop/driver.ts";
import type { Clock, OpenDatagramSocket } from "../../src/ports/mod.ts";
import { systemClock } from "../../src/runtime/shared/clock.ts";
import { localKeyOf } from "../../src/session/mod.ts";
import { Endpoint } from "../../src/transport/mod.ts";
import { decodeMessage, encodeMessage, isDrop, type Message } from "../../src/wire/mod.ts";

/** Where a stranger sits, and with which rank; by default on loopback, with none. */
export interface StrangerOptions {
  readonly seed?: number;
  readonly clock?: Clock;
  readonly bind?: { readonly host: string; readonly port: number };
  /** Proven: 2^rank hashes. */
  readonly rank?: number;
}

/** A stranger on network dev who says what he likes to real nodes, over a socket. */
export class MessageClient {
  readonly #clock: Clock;
  readonly #endpoint: Endpoint;
  readonly #driver: Driver;
  readonly #waiting = new Map<number, (message: Message) => void>();
  #nextId = 1;

  private constructor(seed: number, clock: Clock, rank: number) {
    const network = networkOf("dev");
    const { seed: secret, publicKey } = keyPairFromSeed(new Uint8Array(32).fill(seed));
    this.#clock = clock;
    this.#endpoint = new Endpoint({
      identity: localKeyOf(secret),
      work: rankedWork(network, publicKey, rank),
      networkName: network.name,
      random: new SeededRandom(seed),
      unixMs: () => clock.unixMs(),
      now: clock.now(),
      exemptPrivateAddresses: true,
    });
    const part: LoopPart = { turn: () => this.#hear(), nextTimeout: () => undefined };
    this.#driver = new Driver(clock, this.#endpoint, [part]);
  }

  static async open(
    openSocket: OpenDatagramSocket,
    { seed = 99, clock = systemClock, rank = 0, ...options }: StrangerOptions = {},
  ): Promise<MessageClient> {
    const client = new MessageClient(seed, clock, rank);
    const bind = options.bind ?? { host: "127.0.0.1", port: 0 };
    client.#driver.attach(await openSocket(bind, client.#driver.handlers));
    return client;
  }

  /** Sends one question to a node and resolves with its answer. */
  ask(uri: string, question: Message): Promise<Message> {
    const target = parseNodeUri(uri);
    if ("fault" in target) throw new Error(`${uri} ${target.fault}`);
    const requestId = this.#nextId++;
    const now = this.#clock.now();
    const address = { ip: target.host, port: target.port };
    const connection = this.#endpoint.connect({ publicKey: target.publicKey, address }, now);
    const bytes = encodeMessage({ ...question, requestId });
    const answer = new Promise<Message>((resolve) => this.#waiting.set(requestId, resolve));
    if (!this.#endpoint.sendMessage(connection, bytes, now)) throw new Error("not sent");
    this.#driver.wake();
    return answer;
  }

  close(): void {
    this.#driver.close();
  }

  #hear(): void {
    for (;;) {
      const event = this.#endpoint.pollEvent();
      if (event === undefined) return;
      if (event.kind !== "message") continue;
      const message = decodeMessage(event.bytes);
      if (isDrop(message)) continue;
      this.#waiting.get(message.requestId)?.(message);
      this.#waiting.delete(message.requestId);
    }
  }
}

function rankedWork(network: Network, publicKey: Uint8Array, rank: number) {
  for (let rankNonce = 0n;; rankNonce++) {
    const work = { idNonce: 0n, rankNonce, rank };
    if (verifyWork(network, publicKey, work) !== undefined) return work;
  }
}
