import fc from "fast-check";
import { ipFromBytes } from "../../src/lib/mod.ts";
import type { PublicKey } from "../../src/lib/mod.ts";
import {
  type Contact,
  type Message,
  type MessageDefinition,
  MESSAGES,
  type ProviderRecord,
} from "../../src/wire/mod.ts";
import type { FieldNote } from "../../src/wire/fields.ts";

export const anyBytes = (min: number, max = min) =>
  fc.uint8Array({ minLength: min, maxLength: max });
export const anyKey = anyBytes(32) as fc.Arbitrary<Uint8Array> as fc.Arbitrary<PublicKey>;
const anyIp = fc.oneof(anyBytes(4), anyBytes(16)).map(ipFromBytes);
export const anyAddress = fc.record({ ip: anyIp, port: fc.nat(65_535) });

export const anyContact: fc.Arbitrary<Contact> = fc.record({
  publicKey: anyKey,
  idNonce: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  idPrefix: fc.nat(2 ** 32 - 1),
  address: anyAddress,
});

export const anyProvider: fc.Arbitrary<ProviderRecord> = fc.record({
  publicKey: anyKey,
  address: fc.option(anyAddress, { nil: undefined }),
  flags: fc.nat(255),
  factor: fc.nat(255),
  expiresAt: fc.nat(2 ** 32 - 1),
});

/** Values of a field, made from the note that it carries. */
function anyField(note: FieldNote): fc.Arbitrary<unknown> {
  switch (note.field) {
    case "uint":
      return fc.integer({ min: note.min, max: note.max });
    case "bin":
      return anyBytes(note.min, note.max);
    case "u64":
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    case "maybe_u64":
      return fc.option(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { nil: undefined });
    case "ids":
      return fc.array(anyBytes(20), { minLength: note.min, maxLength: note.max });
    case "contacts":
      return fc.array(anyContact, { maxLength: note.max });
    case "providers":
      return fc.array(anyProvider, { maxLength: note.max });
  }
}

/** Messages of one definition. PROVIDERS and RECORD may hold more than fits: see `fits`. */
export function anyMessageOf(definition: MessageDefinition): fc.Arbitrary<Message> {
  const fields = Object.fromEntries(
    definition.fields.map(([name, { note }]) => [name, anyField(note)]),
  );
  return fc.record(fields).map((values) => ({ type: definition.type, ...values }) as Message);
}

/** Generous estimate: true if the message surely fits MESSAGE_BYTES_MAX. */
export function fits(message: Message): boolean {
  if (message.type === "RECORD") {
    return message.record.length + message.contacts.length * 63 < 2000;
  }
  if (message.type !== "PROVIDERS") return true;
  return message.providers.length * 57 + message.contacts.length * 63 < 2000;
}

export const definitions = MESSAGES as unknown as readonly MessageDefinition[];

/** Any message of the catalogue that fits a packet. */
export const anyMessage: fc.Arbitrary<Message> = fc.oneof(...definitions.map(anyMessageOf))
  .filter(fits);
