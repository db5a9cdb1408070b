/** Turns a host of a bootstrap URI into IP addresses: the only use of DNS, at start (S1-04).
 * Resolves with none if the name has no address or nobody answers. */
export type ResolveName = (host: string) => Promise<readonly string[]>;
