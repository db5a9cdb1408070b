/** Bytes on the wire and on disk: the only room that knows an offset or imports msgpackr.
 * Decoders return a value or a Drop reason; they never throw and never allocate before a size
 * check. Three codecs: frames (fixed layouts, hot path), messages (MessagePack arrays, control
 * plane) and canonical objects (all that is hashed or signed). */
export * from "./address_field.ts";
export * from "./canonical.ts";
export * from "./contact.ts";
export * from "./credit_note_field.ts";
export * from "./define_message.ts";
export * from "./drop.ts";
export * from "./early.ts";
export * from "./frame_ack.ts";
export * from "./frame_ack_freq.ts";
export * from "./frame_addr.ts";
export * from "./frame_answer.ts";
export * from "./frame_cancel.ts";
export * from "./frame_close.ts";
export * from "./frame_data.ts";
export * from "./frame_doc.ts";
export * from "./frame_extensions.ts";
export * from "./frame_fetch.ts";
export * from "./frame_fetch_info.ts";
export * from "./frame_immediate_ack.ts";
export * from "./frame_msg.ts";
export * from "./frame_new_cid.ts";
export * from "./frame_pad.ts";
export * from "./frame_path.ts";
export * from "./frame_ping.ts";
export * from "./frame_slice_end.ts";
export * from "./frame_type.ts";
export * from "./frames.ts";
export * from "./hosting_messages.ts";
export * from "./integers.ts";
export * from "./layout.ts";
export * from "./limits.ts";
export * from "./messages.ts";
export * from "./provider_record.ts";
export * from "./receipt_field.ts";
export * from "./packets.ts";
export * from "./placement_messages.ts";
export * from "./varint.ts";
export * from "./wire_doc.ts";
