/** Who a node is: an ed25519 key, the work that gives it a place (NodeId) and a rank, and the
 * network it belongs to. Pure: keys and nonces come in, nothing is searched or stored here (that is
 * node/identity_file.ts and the work pool). A NodeId is never chosen: it follows from the key and
 * the id puzzle's solution, so a place in the keyspace costs memory-hard work. */
export * from "./identity_record.ts";
export * from "./key_pair.ts";
export * from "./network.ts";
export * from "./node_id.ts";
export * from "./node_uri.ts";
export * from "./proof_of_work.ts";
