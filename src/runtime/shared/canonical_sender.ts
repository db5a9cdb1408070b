import { type Address, BoundedMap, canonicalIp } from "../../lib/mod.ts";

/** Turns the (text, port) that a runtime reports for each datagram into a canonical Address,
 * without parsing the same text 100,000 times a second. */
export class CanonicalSender {
  /** BOUNDED: the oldest sender gives way; losing an entry costs one more parse. */
  readonly #known = new BoundedMap<string, Address>(4_096);
  #lastIp = "";
  #last: Address = { ip: "", port: 0 };

  /** Undefined if the runtime reports something that is not an IP address. */
  of(ip: string, port: number): Address | undefined {
    if (ip === this.#lastIp && port === this.#last.port) return this.#last;
    const key = `${port} ${ip}`;
    let address = this.#known.get(key);
    if (address === undefined) {
      const canonical = canonicalIp(ip);
      if (canonical === undefined) return undefined;
      address = Object.freeze({ ip: canonical, port });
      this.#known.set(key, address);
    }
    this.#lastIp = ip;
    this.#last = address;
    return address;
  }
}
