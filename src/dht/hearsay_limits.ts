import { type Address, prefixOf } from "../lib/mod.ts";
import { type AddressPolicy, isCounted } from "./address_policy.ts";

/** One lookup dials so many nodes of one IP, and of one /24 (/48), because others told of them. An
 * answer names 16, and each is worth a handshake packet of 400 bytes and its repetitions: without
 * a limit a liar could have a stranger flooded. */
const PER_IP_MAX = 2;
const PER_PREFIX_MAX = 8;

/** Where one lookup lets itself be sent. BOUNDED by the answers of a lookup, 16 contacts each. */
export class HearsayLimits {
  readonly #policy: AddressPolicy;
  readonly #counts = new Map<string, number>();

  constructor(policy: AddressPolicy) {
    this.#policy = policy;
  }

  /** Notes a node that others tell of. @returns false if enough of its network are noted. */
  admit({ ip, port }: Address): boolean {
    if (!isCounted({ ip, port }, this.#policy)) return true;
    const prefix = prefixOf(ip);
    const sameIp = this.#counts.get(ip) ?? 0, samePrefix = this.#counts.get(prefix) ?? 0;
    if (sameIp >= PER_IP_MAX || samePrefix >= PER_PREFIX_MAX) return false;
    this.#counts.set(ip, sameIp + 1);
    this.#counts.set(prefix, samePrefix + 1);
    return true;
  }
}
