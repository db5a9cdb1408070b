/** Small signed statements that lie in the DHT (protocol.md §3.3): a value that its owner replaces
 * (mutable), a value under its own hash (immutable), and where a node behind NAT is reached (host).
 * Their forms, keys and signatures; who stores them, for how long and how they are found is dht/.
 * Pure: the owner's key, network and times come in as arguments.
 *
 * A `Verified` record can be had only by checking or by signing it, so one that is stored, sent or
 * shown has been proven:
 *
 *     const record = openRecord(bytes, mutableKey(publicKey, salt), network.id);
 *     if (isDrop(record)) … // forged, cut, another key's: count it
 *
 * Whether it is still to be believed is `expiresMs(record)` against the reader's clock. */
export * from "./host_parent.ts";
export * from "./record.ts";
export * from "./record_codec.ts";
export * from "./record_key.ts";
export * from "./verified_record.ts";
