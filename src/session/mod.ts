/** Who may speak, and under which key (protocol.md §1): the Noise IK handshake with its masking,
 * cookies and replay rules, and the protection of packets once a session stands. Pure and
 * synchronous: clock, wall clock and dice come in as arguments, and nothing here sends. Not here:
 * which session a packet belongs to and what its frames mean; that is transport/. */
export * from "./cookie.ts";
export * from "./cookie_packet.ts";
export * from "./init_limits.ts";
export * from "./init_packet.ts";
export * from "./init_replay.ts";
export * from "./masking.ts";
export * from "./noise_ik.ts";
export * from "./packet_protection.ts";
export * from "./peer_key.ts";
export * from "./replay_window.ts";
export * from "./resp_packet.ts";
export * from "./xtea.ts";
