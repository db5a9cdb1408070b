/** The simulator's ground: time that moves when told, and UDP that loses, delays and damages as a
 * seed says. Real cores and shells run on it through the ports of src/ports/.
 * Not here: the disk (SQLite and segment files are tested on the real one) and NAT boxes. */
export * from "./draws.ts";
export * from "./faults.ts";
export * from "./node_clock.ts";
export * from "./trace_hash.ts";
export * from "./virtual_clock.ts";
export * from "./virtual_host.ts";
export * from "./virtual_link.ts";
export * from "./virtual_network.ts";
