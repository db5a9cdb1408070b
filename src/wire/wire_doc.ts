import { CONTACT_BYTES_V4, CONTACT_BYTES_V6, CONTACT_HEAD } from "./contact.ts";
import { CREDIT_NOTE_BYTES, CREDIT_NOTE_LAYOUT, CREDIT_NOTE_VERSION } from "./credit_note_field.ts";
import type { MessageDefinition } from "./define_message.ts";
import { frameSections } from "./frame_doc.ts";
import {
  MESSAGE_BYTES_MAX,
  MESSAGES,
  RECORD_REPLY_BYTES_MAX,
  REPLY_BYTES_MAX,
} from "./messages.ts";
import { PROVIDER_BYTES_MAX, PROVIDER_KIND } from "./provider_record.ts";
import { RECEIPT_BYTES, RECEIPT_LAYOUT, RECEIPT_VERSION } from "./receipt_field.ts";

/** docs/wire.md, printed from the catalogue, so that the document cannot drift from the code. */
export function wireDocument(): string {
  const definitions = MESSAGES as unknown as readonly MessageDefinition[];
  return [
    "# Control messages",
    "",
    "Printed from `src/wire/messages.ts` by `make wire-doc`; a test compares the two. The frames " +
    "that carry them and everything else follow at the end.",
    "",
    "A message is a MessagePack array `[number, field, field, …]` in the order given here, " +
    `inside MSG or ANSWER frames, at most ${MESSAGE_BYTES_MAX} bytes (an answer ` +
    `${REPLY_BYTES_MAX}, RECORD ` +
    `${RECORD_REPLY_BYTES_MAX}). ` +
    "Fields after the last known one are ignored, a message with an unknown number is dropped. " +
    "`requestId` is random and comes back in the answer, which counts only if it comes from the " +
    "node that was asked. Numbers are big-endian inside a bin.",
    "",
    ...definitions.flatMap(messageSection),
    ...contactSection(),
    ...providerSection(),
    ...receiptSection(),
    ...creditNoteSection(),
    ...frameSections(),
  ].join("\n");
}

function messageSection(definition: MessageDefinition): string[] {
  const rows = definition.fields.map(([name, { note }]) => `| ${name} | ${note.wire} |`);
  return [
    `## ${definition.number} ${definition.type}`,
    "",
    definition.purpose,
    "",
    "| field | wire |",
    "|---|---|",
    ...rows,
    "",
  ];
}

function contactSection(): string[] {
  const rows = Object.entries(CONTACT_HEAD.fields)
    .map(([name, width]) => `| ${name} | ${width} |`);
  return [
    `## Contact (${CONTACT_BYTES_V4} or ${CONTACT_BYTES_V6} bytes)`,
    "",
    "A node as another node tells about it; contacts stand back to back. `idPrefix` is the first " +
    "four bytes of the NodeId that key and nonce must give. Flag bit 0: the IP is IPv6.",
    "",
    "| field | wire |",
    "|---|---|",
    ...rows,
    "| ip | 4 or 16 bytes |",
    "| port | u16 |",
    "",
  ];
}

function providerSection(): string[] {
  const { key, ipv4, ipv6 } = PROVIDER_KIND;
  return [
    `## Provider record (39, 45 or ${PROVIDER_BYTES_MAX} bytes)`,
    "",
    "Who can give the bytes of a key; records stand back to back. The address is the one that " +
    "the provider's own session came from, never one that somebody else told.",
    "",
    "| field | wire |",
    "|---|---|",
    `| kind | u8: ${key} = key only, ${ipv4} = IPv4, ${ipv6} = IPv6 |`,
    "| ip, port | 6 or 18 bytes, absent for kind 1 |",
    "| publicKey | key32 |",
    "| flags | u8: bit 0 = holds only part of what the manifest lists |",
    "| factor | u8: hint of the price factor, 0 = not known |",
    "| expiresAt | u32, unix seconds |",
    "",
  ];
}

function receiptSection(): string[] {
  const rows = Object.entries(RECEIPT_LAYOUT.fields).map(([name, width]) =>
    `| ${name} | ${width} |`
  );
  return [
    `## Receipt (${RECEIPT_BYTES} bytes)`,
    "",
    `What a client has had of a server since \`epoch\`, in all: version ${RECEIPT_VERSION}, ` +
    "times as unix seconds (epoch) and unix ms. The signature is the client's, over " +
    "`sk1 receipt`, a zero byte, the network's id and everything before it. Number 0, its " +
    "totals, time and signature zero too, says nothing: it asks for the receipt of this epoch, " +
    "or of a later one, that the other holds.",
    "",
    "| field | wire |",
    "|---|---|",
    ...rows,
    "",
  ];
}

function creditNoteSection(): string[] {
  const rows = Object.entries(CREDIT_NOTE_LAYOUT.fields).map(([name, width]) =>
    `| ${name} | ${width} |`
  );
  return [
    `## Credit note (${CREDIT_NOTE_BYTES} bytes)`,
    "",
    `What a client has paid a server since \`epoch\`, in all (\`totalCb\`) and by this invoice ` +
    `(\`cb\`), in credit bytes: version ${CREDIT_NOTE_VERSION}, times as in a receipt. The ` +
    "signature is the server's, over `sk1 credit`, a zero byte, the network's id and everything " +
    "before it.",
    "",
    "| field | wire |",
    "|---|---|",
    ...rows,
    "",
  ];
}
