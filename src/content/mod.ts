/** Content: how bytes become chunks, trees and manifests, and how they are proven. Knows nothing of
 * peers, disk or HTTP. What a stranger sent decodes to a value or to a fault that names the broken
 * rule; a manifest that this room writes is held to the same rules before it leaves. Formats:
 * protocol.md §8 and §9g-i. */
export * from "./chunk_entry.ts";
export * from "./chunk_id.ts";
export * from "./directory.ts";
export * from "./entry_name.ts";
export * from "./manifest.ts";
export * from "./manifest_builder.ts";
export * from "./manifest_codec.ts";
export * from "./manifest_rule.ts";
export * from "./merkle.ts";
export * from "./merkle_proof.ts";
export * from "./mime.ts";
export * from "./splitter.ts";
