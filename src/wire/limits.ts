/** Every maximum of the wire, with its reason. Times and rates are not here: each room keeps its
 * own in its config.ts. */

/** Packet numbers are 48 bits, so that head and length fill one XTEA block (protocol.md §1). */
export const PACKET_NUMBER_MAX = 2 ** 48 - 1;
/** Head (connection id, length, packet number) before the ciphertext of a DATA packet. */
export const PACKET_HEAD_BYTES = 12;
/** What a DATA packet adds to its frames: the head and the AEAD tag. */
export const PACKET_OVERHEAD_BYTES = PACKET_HEAD_BYTES + 16;
/** Every path carries this much (RFC 8899 §5.1.2 BASE_PLPMTU; UDP payload bytes). */
export const DATAGRAM_BYTES_BASE = 1200;
/** The largest datagram probed for: a jumbo frame of 9,000 less IPv6 and UDP heads. */
export const DATAGRAM_BYTES_MAX = 8952;

/** A chunk or manifest object: small enough to buffer, large enough that a 4 GiB file is 4,096. */
export const CHUNK_BYTES_MAX = 1_048_576;
/** The unit of asking and of proof: layer 2 of the BEP 52 tree. */
export const SLICE_BYTES = 65_536;
/** So a u16 bitmap names every slice of a chunk. */
export const SLICES_PER_CHUNK = CHUNK_BYTES_MAX / SLICE_BYTES;

/** Ranges in one ACK besides the first: a stranger's ACK costs a bounded walk, and under 20 % loss
 * they still span some 150 packets. */
export const ACK_RANGES_MAX = 32;
/** Fetches one side may have open: two chunk prefetches for each of a hundred readers. */
export const OPEN_FETCHES_MAX = 256;
/** What MSG can carry; the u16 length field's limit. */
export const MSG_BYTES_MAX = 65_535;
/** Messages of one peer in reassembly: what a peer can make us hold without having finished. */
export const PARTIAL_MESSAGES_MAX = 64;
export const PARTIAL_MESSAGE_BYTES_MAX = 262_144;
/** The same over all peers together: 64 peers at their own limit. */
export const ALL_PARTIAL_MESSAGE_BYTES_MAX = 16 * 1_048_576;
/** Why a connection closes is a short sentence for a log. */
export const CLOSE_REASON_BYTES_MAX = 64;
