/** Bytes on the wire and on disk: the only room that knows an offset or imports msgpackr.
 * Decoders return a value or a Drop reason; they never throw and never allocate before a size
 * check. Three codecs: frames (fixed layouts, hot path), messages (MessagePack arrays, control
 * plane) and canonical objects (all that is hashed or signed). */
export * from "./canonical.ts";
export * from "./contact.ts";
export * from "./define_message.ts";
export * from "./drop.ts";
export * from "./layout.ts";
export * from "./messages.ts";
export * from "./provider_record.ts";
export * from "./wire_doc.ts";
