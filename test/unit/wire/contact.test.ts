import fc from "fast-check";
import { asPublicKey } from "../../../src/lib/mod.ts";
import {
  type Contact,
  CONTACT_BYTES_V4,
  CONTACT_BYTES_V6,
  contactBytes,
  decodeContacts,
  encodeContacts,
  isDrop,
} from "../../../src/wire/mod.ts";
import { expect, test } from "../../support/harness.ts";
import { anyContact } from "../../support/wire_arbitraries.ts";

const example: Contact = {
  publicKey: asPublicKey(new Uint8Array(32).fill(0xaa)),
  idNonce: 0x0102030405060708n,
  idPrefix: 0xfeedbeef,
  address: { ip: "192.0.2.1", port: 0x1234 },
};

test("a contact is 51 bytes with IPv4 and 63 with IPv6, fields in the order of the list", () => {
  const bytes = encodeContacts([example]);
  expect(bytes.length).toBe(51);
  expect([...bytes.subarray(32)]).toEqual(
    [1, 2, 3, 4, 5, 6, 7, 8, 0xfe, 0xed, 0xbe, 0xef, 0, 192, 0, 2, 1, 0x12, 0x34],
  );
  const v6 = { ...example, address: { ip: "2001:db8::1", port: 1 } };
  expect(encodeContacts([v6]).length).toBe(63);
  expect([CONTACT_BYTES_V4, CONTACT_BYTES_V6]).toEqual([51, 63]);
  expect(contactBytes(example) + contactBytes(v6)).toBe(encodeContacts([example, v6]).length);
});

test("unknown flag bits are ignored", () => {
  const bytes = encodeContacts([example]);
  bytes[44] = 0xfe;
  expect(decodeContacts(bytes)).toEqual([example]);
});

test("a cut contact and a seventeenth one are dropped, the input is not kept", () => {
  const bytes = encodeContacts([example, example]);
  for (let length = 1; length < bytes.length; length++) {
    expect(isDrop(decodeContacts(bytes.subarray(0, length)))).toBe(length !== 51);
  }
  expect(decodeContacts(encodeContacts(Array(17).fill(example)))).toEqual({ drop: "limit" });
  expect(decodeContacts(new Uint8Array(10_000))).toEqual({ drop: "limit" });
  expect(decodeContacts(bytes, 1)).toEqual({ drop: "limit" });
  const decoded = decodeContacts(bytes) as Contact[];
  bytes.fill(0);
  expect(decoded).toEqual([example, example]);
});

test("law: decode(encode(x)) = x, and random bytes never throw", () => {
  fc.assert(fc.property(fc.array(anyContact, { maxLength: 16 }), (contacts) => {
    expect(decodeContacts(encodeContacts(contacts))).toEqual(contacts);
  }));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 1100 }), (bytes) => {
    const contacts = decodeContacts(bytes);
    if (!isDrop(contacts)) expect(contacts.length).toBeLessThanOrEqual(16);
  }));
});
