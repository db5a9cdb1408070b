import { fromBase32, fromHex, toBase32, toHex } from "./bytes.ts";

/** 20 bytes: a node's place in the keyspace, derived from its key and id puzzle. */
export type NodeId = Uint8Array & { readonly id: "NodeId" };
/** 20 bytes: SHA-1 of the stored bytes, or SHA-256[0..20) of a manifest object. */
export type ChunkId = Uint8Array & { readonly id: "ChunkId" };
/** 32 bytes: an ed25519 public key in its RFC 8032 encoding. */
export type PublicKey = Uint8Array & { readonly id: "PublicKey" };
/** 32 bytes: SHA-256 of a manifest, the collision-free name of a file or directory. */
export type StrongId = Uint8Array & { readonly id: "StrongId" };
/** What `/file/<meta>` may name: a manifest by its SHA-1 or by its SHA-256. */
export type MetaId =
  | { readonly kind: "plain"; readonly id: ChunkId }
  | { readonly kind: "strong"; readonly id: StrongId };

export const ID_BYTES = 20;
export const KEY_BYTES = 32;

function sized(bytes: Uint8Array, length: number, what: string): Uint8Array {
  if (bytes.length !== length) {
    throw new RangeError(`${what} must be ${length} bytes, not ${bytes.length}`);
  }
  return bytes;
}

/** @throws {RangeError} unless `bytes` is 20 long. */
export const asNodeId = (bytes: Uint8Array): NodeId => sized(bytes, ID_BYTES, "NodeId") as NodeId;
/** @throws {RangeError} unless `bytes` is 20 long. */
export const asChunkId = (bytes: Uint8Array): ChunkId =>
  sized(bytes, ID_BYTES, "ChunkId") as ChunkId;
/** @throws {RangeError} unless `bytes` is 32 long. */
export const asPublicKey = (bytes: Uint8Array): PublicKey =>
  sized(bytes, KEY_BYTES, "PublicKey") as PublicKey;
/** @throws {RangeError} unless `bytes` is 32 long. */
export const asStrongId = (bytes: Uint8Array): StrongId =>
  sized(bytes, KEY_BYTES, "StrongId") as StrongId;

/** A chunk id from 40 hex digits of either case; undefined if it is not one. */
export function parseChunkId(text: string): ChunkId | undefined {
  if (text.length !== 2 * ID_BYTES) return undefined;
  return fromHex(text) as ChunkId | undefined;
}

/** 32 bytes from 52 base32 characters of either case; undefined if they are not that. */
export function parseKey32(text: string): Uint8Array | undefined {
  if (text.length !== 52) return undefined;
  return fromBase32(text);
}

/** `<meta>` of a gateway path: 40 hex (plain) or 52 base32 (strong); undefined if neither. */
export function parseMetaId(text: string): MetaId | undefined {
  const plain = parseChunkId(text);
  if (plain !== undefined) return { kind: "plain", id: plain };
  const strong = parseKey32(text);
  if (strong !== undefined) return { kind: "strong", id: strong as StrongId };
  return undefined;
}

/** The canonical text of a meta id, as it stands in links and error messages. */
export function formatMetaId(meta: MetaId): string {
  return meta.kind === "plain" ? toHex(meta.id) : toBase32(meta.id);
}
