/** What this machine can do: loopback transfers between two processes, and what the parts of a
 * packet cost. Serves `skerry bench` and bench/transport.bench.ts. Nothing here runs in a node. */
export * from "./loopback.ts";
export * from "./loopback_end.ts";
export * from "./loopback_scenario.ts";
export * from "./machine_parts.ts";
