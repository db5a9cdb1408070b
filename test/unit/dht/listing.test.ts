import { listingFields } from "../../../src/dht/listing.ts";
import { PROVIDER_KIND } from "../../../src/wire/mod.ts";
import { expect, test } from "../../support/harness.ts";

test("listing fields name address or key, and leave the address to the receiver", () => {
  expect(listingFields({ ttl: 60, as: "address", flags: 1 }))
    .toEqual({ ttl: 60, kind: PROVIDER_KIND.ipv4, recordFlags: 1, source: new Uint8Array() });
  expect(listingFields({ ttl: 60, as: "key", flags: 0 }).kind).toBe(PROVIDER_KIND.key);
  expect(listingFields(undefined)).toMatchObject({ ttl: 0, kind: PROVIDER_KIND.key });
});
