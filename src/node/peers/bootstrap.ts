import type { DhtTarget, KnownNode } from "../../dht/mod.ts";
import type { Network, NodeUri } from "../../identity/mod.ts";
import { canonicalIp, equalBytes, isGlobalIp, type PublicKey } from "../../lib/mod.ts";
import type { Clock, Logger, ResolveName } from "../../ports/mod.ts";
import type { DhtService } from "./dht_service.ts";

/** Where contacts live between two runs. */
export interface ContactMemory {
  load(): readonly KnownNode[];
  save(contacts: readonly KnownNode[]): Promise<void>;
}

/** How often the contacts are stored (protocol.md §3.4), so that a killed node finds its way back
 * without asking DNS. */
const SAVE_INTERVAL_MS = 5 * 60_000;
/** The first save: a node that ran for a minute should not have to bootstrap again. */
const FIRST_SAVE_MS = 20_000;
/** Addresses of one bootstrap name that are tried. */
const ADDRESSES_PER_NAME_MAX = 8;

/** The way into the network and back into it: names of seeds, and contacts of the last run. */
export class Bootstrap {
  readonly #service: DhtService;
  readonly #memory: ContactMemory;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #stopTimer: () => void = () => {};

  constructor(service: DhtService, memory: ContactMemory, clock: Clock, logger: Logger) {
    this.#service = service;
    this.#memory = memory;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Joins through the contacts of the last run and the given URIs at once: names are asked for
   * in parallel, a name that does not resolve is logged and left out.
   * @returns how many nodes there are to ask; 0 = this node is the first one. */
  async join(
    uris: readonly NodeUri[],
    self: PublicKey,
    network: Network,
    resolveName: ResolveName,
  ): Promise<number> {
    const known = this.#memory.load();
    const others = uris.filter((uri) => !equalBytes(uri.publicKey, self));
    const seeds = (await Promise.all(others.map((uri) => this.#targets(uri, network, resolveName))))
      .flat();
    this.#service.dht.join(seeds, known, this.#clock.now());
    this.#arm(FIRST_SAVE_MS);
    return seeds.length + known.length;
  }

  /** Stores the contacts one last time. */
  async stop(): Promise<void> {
    this.#stopTimer();
    await this.#save();
  }

  async #targets(
    uri: NodeUri,
    network: Network,
    resolveName: ResolveName,
  ): Promise<DhtTarget[]> {
    const { publicKey, host, port } = uri;
    const found = await resolveName(host);
    const usable = found.flatMap((text) => canonicalIp(text) ?? [])
      .filter((ip) => network.allowsPrivateAddresses || isGlobalIp(ip))
      .slice(0, ADDRESSES_PER_NAME_MAX);
    if (usable.length === 0) {
      const reason = found.length === 0 ? "no_address" : "private_address";
      this.#logger.log("warn", "bootstrap_unusable", { host, reason });
    }
    return usable.map((ip) => ({ publicKey, address: { ip, port } }));
  }

  #arm(delayMs: number): void {
    this.#stopTimer = this.#clock.schedule(delayMs, () => {
      void this.#save();
      this.#arm(SAVE_INTERVAL_MS);
    });
  }

  /** A way back that could not be stored costs one bootstrap, so it stops nothing. */
  async #save(): Promise<void> {
    const contacts = this.#service.dht.remembered();
    if (contacts.length === 0) return;
    try {
      await this.#memory.save(contacts);
    } catch (error) {
      this.#logger.log("warn", "contacts_not_saved", { reason: String(error) });
    }
  }
}
