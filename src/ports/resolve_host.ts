/** The IP addresses of a host name, in canonical text (an IPv4-mapped IPv6 address is IPv4), in the
 * resolver's order; an IP address gives itself. Empty if the name does not exist or nobody can
 * say: a node asks again later and does not tell the two apart. Never rejects. */
export type ResolveHost = (host: string) => Promise<readonly string[]>;
