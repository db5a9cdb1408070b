import { WANT_IPV4, WANT_IPV6 } from "../wire/mod.ts";
import type { IdentitiesConfig } from "./identities.ts";
import type { LookupConfig } from "./lookup.ts";
import type { ProviderRecordsConfig } from "./provider_records.ts";
import type { RecordTableConfig } from "./record_table.ts";
import type { RequestsConfig } from "./requests.ts";
import type { RoutingTableConfig } from "./routing_table.ts";

/** Every number of the DHT, with its unit in its name; reasons in protocol.md §3. */
export interface DhtConfig {
  readonly table: RoutingTableConfig;
  readonly records: ProviderRecordsConfig;
  readonly signedRecords: RecordTableConfig;
  readonly requests: RequestsConfig;
  readonly identities: IdentitiesConfig;
  readonly lookup: LookupConfig;
  /** k: how many nodes store a record, and how many an answer names. */
  readonly k: number;
  /** How many nearest nodes an announce explores, to know the k nearest of a region of keys. */
  readonly regionWidth: number;
  /** Lookups under way, and waiting for their turn. */
  readonly lookupsMax: number;
  readonly lookupsWaitingMax: number;
  /** A lookup ends as timed_out after this long, waiting included, unless the caller says. */
  readonly lookupTimeoutMs: number;
  /** A provider lookup ends early at so many providers with an address, unless told. */
  readonly providersWanted: number;
  /** … or when so many storing nodes in a row told of providers, and of no new one. */
  readonly providerAgreement: number;
  /** Address families asked for in FIND_NODE (bit 0 IPv4, bit 1 IPv6). */
  readonly want: number;
  /** Keys of one announce() and of all that run; ANNOUNCEs in flight for one. */
  readonly announceKeysMax: number;
  readonly announcesMax: number;
  readonly announceInFlightMax: number;
  /** Seconds a record stays, provider's or signed, whose region we are not in. 0 = we leave no
   * copies of our own records there. */
  readonly passingTtlSeconds: number;
  /** put() operations that run at once. */
  readonly putsMax: number;
  /** A lookup for a record ends once so many nodes agree on it. */
  readonly recordAgreement: number;
  /** Seconds a record is asked to live. */
  readonly providerTtlSeconds: number;
  /** One random contact is pinged this often. */
  readonly pingIntervalMs: number;
  /** A bucket that no lookup passed through for this long is refreshed. */
  readonly bucketIdleMs: number;
  /** At most one refresh starts per this time. */
  readonly refreshIntervalMs: number;
  readonly selfLookupIntervalMs: number;
  /** With an empty table and known seeds: first and longest pause between attempts to join. */
  readonly rejoinMinMs: number;
  readonly rejoinMaxMs: number;
  /** If nobody has answered for this long, silence of a contact counts against it after all. */
  readonly outageMaxMs: number;
  /** Contacts kept to come back to when the table is empty, and exported for the next start. */
  readonly rememberedMax: number;
}

const K = 16;

const REQUESTS: RequestsConfig = {
  inFlightMax: 512,
  timeoutUnknownMs: 750,
  timeoutUnknownMinMs: 300,
  timeoutMinMs: 150,
  timeoutMaxMs: 1500,
  attemptsMax: 2,
  timedMax: 4096,
  lateMax: 512,
};

const IDENTITIES: IdentitiesConfig = {
  verifiedMax: 16_384,
  pendingMax: 256,
  checkTimeoutMs: 10_000,
  liesMax: 3,
  banMs: 24 * 3_600_000,
};

const LOOKUP: LookupConfig = {
  width: K,
  widthMax: 4 * K,
  alpha: 4,
  alphaMax: 8,
  slowRepliesMax: 2,
  inFlightMax: 64,
  hopsMax: 24,
  queriesMax: 192,
  candidatesMax: 256,
  checksMax: 32,
};

const TABLE = {
  k: K,
  firstBuckets: [128, 64, 32, 16],
  benchMax: 16,
  perIpInBucketMax: 1,
  perPrefixInBucketMax: 2,
  perPrefixInTableMax: 10,
  failuresMax: 5,
};

const RECORDS = {
  perKeyMax: 64,
  perIpMax: 4,
  perPrefixMax: 8,
  perIdentityCap: 262_144,
  recordsMax: 500_000,
  passingPerKeyMax: 8,
  passingPerPrefixMax: 1,
  passingMax: 62_500, // an eighth of all
  ttlMinSeconds: 60,
  ttlMaxSeconds: 86_400,
};
const PER_IDENTITY = 4096;

const PASSING_TTL_SECONDS = 600;

const SIGNED_RECORDS = {
  perKindMax: 20_000,
  perOwnerMax: 64,
  perPutterMax: 256,
  perPrefixMax: 2048,
  ttlSeconds: { mutable: 2 * 3600, immutable: 86_400, host: 1800 },
  rankOfLongTtl: 16,
  longTtlSeconds: 86_400,
  passingTtlSeconds: PASSING_TTL_SECONDS,
};

/** The defaults of a network. @param allowsPrivateAddresses network dev: limits by address do not
 * count loopback and private ones, and an identity's share of records is not scaled by its rank,
 * since work is trivial there. */
export function dhtConfig(allowsPrivateAddresses: boolean): DhtConfig {
  const perIdentity = allowsPrivateAddresses ? RECORDS.perIdentityCap : PER_IDENTITY;
  return {
    table: { ...TABLE, allowsPrivateAddresses },
    records: { ...RECORDS, allowsPrivateAddresses, perIdentity },
    signedRecords: { ...SIGNED_RECORDS, allowsPrivateAddresses },
    requests: REQUESTS,
    identities: IDENTITIES,
    lookup: LOOKUP,
    k: K,
    regionWidth: 2 * K,
    lookupsMax: 128,
    lookupsWaitingMax: 1024,
    lookupTimeoutMs: 20_000,
    providersWanted: 24,
    providerAgreement: 3,
    want: WANT_IPV4 | WANT_IPV6,
    announceKeysMax: 1024,
    announcesMax: 16,
    announceInFlightMax: 32,
    passingTtlSeconds: PASSING_TTL_SECONDS,
    putsMax: 64,
    recordAgreement: 3,
    providerTtlSeconds: 86_400,
    pingIntervalMs: 5000,
    bucketIdleMs: 15 * 60_000,
    refreshIntervalMs: 1000,
    selfLookupIntervalMs: 10 * 60_000,
    rejoinMinMs: 5000,
    rejoinMaxMs: 60_000,
    outageMaxMs: 5 * 60_000,
    rememberedMax: 64,
  };
}
