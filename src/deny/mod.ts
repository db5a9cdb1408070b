/** Denylists: what an operator's files say may not be kept, served or told of (gateway.md §9). The
 * format is the compact denylist one of IPFS (IPIP-383) with this network's ids in it. This room
 * reads rules and judges names; which bytes bear them, and what follows, is the node's. A list
 * holds digests only, so it looks the same whether its entries came plain or double-hashed. */
export * from "./deny_header.ts";
export * from "./deny_list.ts";
export * from "./deny_rule.ts";
export * from "./deny_text.ts";
