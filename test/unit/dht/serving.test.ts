import fc from "fast-check";
import { dhtConfig } from "../../../src/dht/mod.ts";
import { randomIdAt } from "../../../src/dht/distance.ts";
import { regionBits } from "../../../src/dht/region.ts";
import { Serving } from "../../../src/dht/serving.ts";
import { SeededRandom } from "../../../src/lib/mod.ts";
import {
  encodeMessage,
  GET_PROVIDERS_ANNOUNCE,
  GET_PROVIDERS_WANT_NODES,
  type Message,
  type MessageOfType,
  PROVIDER_KIND,
  REPLY_BYTES_MAX,
} from "../../../src/wire/mod.ts";
import { at, contactFrom, contextFor, idFrom, keyFrom, peerFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";

const KEY = idFrom("01");
const listing = { ttl: 3600, kind: 4, recordFlags: 0, source: new Uint8Array() };

const never = (): boolean => false;

function fresh(
  isHeld: (key: Uint8Array) => boolean = never,
  config = dhtConfig(false),
  isDenied: (key: Uint8Array) => boolean = never,
) {
  const context = contextFor(config);
  return { context, serving: new Serving(context, isHeld, isDenied, never) };
}
const getProviders = (changes: Partial<MessageOfType<"GET_PROVIDERS">> = {}): Message => ({
  type: "GET_PROVIDERS",
  requestId: 1,
  key: KEY,
  max: 24,
  flags: GET_PROVIDERS_WANT_NODES,
  page: 0,
  ...listing,
  ...changes,
});
function providersOf(answer: Message | undefined): MessageOfType<"PROVIDERS"> {
  if (answer?.type !== "PROVIDERS") throw new Error(`${answer?.type} is no PROVIDERS`);
  return answer;
}

test("a denied key looks like one that nobody has told of, and takes no listing", () => {
  let isDenied = false;
  const { serving } = fresh(() => true, dhtConfig(false), () => isDenied);
  const announce: Message = { type: "ANNOUNCE", requestId: 2, keys: [KEY], ...listing };
  const ask = () => providersOf(serving.answer(peerFrom(2), getProviders(), at(0)));
  serving.answer(peerFrom(1), announce, at(0));
  expect([ask().providers.length, ask().estimate]).toEqual([2, 2]);
  isDenied = true;
  expect([ask().providers.length, ask().estimate, ask().page]).toEqual([0, 0, 0]);
  const answer = serving.answer(peerFrom(3), announce, at(0));
  expect(answer).toMatchObject({ type: "ANNOUNCED", ttl: 0 });
  isDenied = false;
  expect(ask().providers.length).toBe(2);
});

test("PING is answered with its seq, our load and where it came from", () => {
  const { serving } = fresh();
  serving.load = 128;
  expect(serving.answer(peerFrom(1), { type: "PING", requestId: 9, seq: 3 }, at(0))).toEqual({
    type: "PONG",
    requestId: 9,
    seq: 3,
    recordSeq: 0,
    load: 128,
    observed: Uint8Array.of(60, 0, 1, 1, 15, 161),
  });
});

test("FIND_NODE names the nearest living nodes of the families wanted, not the asker", () => {
  const { context, serving } = fresh();
  const dead = contactFrom("10");
  for (const contact of [contactFrom("80", { number: 5 }), contactFrom("40"), dead]) {
    context.table.offer(contact);
  }
  context.table.offer(contactFrom("20", { ip: "2a00:1450::1" }));
  for (let i = 0; i < 2; i++) context.table.fail(dead.key);
  const ask = (asker: number, want: number) => {
    const answer = serving.answer(peerFrom(asker), {
      type: "FIND_NODE",
      requestId: 1,
      target: idFrom(""),
      want,
    }, at(0));
    return answer?.type === "NODES" ? answer.contacts.map(({ idPrefix }) => idPrefix >>> 24) : [];
  };
  expect(ask(99, 3)).toEqual([0x20, 0x40, 0x80]);
  expect(ask(99, 1)).toEqual([0x40, 0x80]);
  expect(ask(99, 2)).toEqual([0x20]);
  expect(ask(5, 3)).toEqual([0x20, 0x40]);
});

test("GET_PROVIDERS with announce lists the asker and answers, in one message (S0-08)", () => {
  const { context, serving } = fresh();
  const flags = GET_PROVIDERS_ANNOUNCE;
  const first = providersOf(serving.answer(peerFrom(1), getProviders({ flags }), at(0)));
  expect(first).toMatchObject({ ttl: 3600, providers: [], estimate: 0 });
  expect(context.records.size).toBe(1);
  const second = providersOf(serving.answer(peerFrom(2), getProviders(), at(0)));
  expect(second).toMatchObject({ ttl: 0, estimate: 1 });
  expect(second.providers[0]).toMatchObject({
    publicKey: keyFrom(1),
    address: peerFrom(1).address,
  });
  expect(context.records.size).toBe(1);
});

test("ANNOUNCE keeps what the limits allow and says which keys", () => {
  const config = dhtConfig(false);
  const records = { ...config.records, perIdentity: 10 };
  const { serving } = fresh(undefined, { ...config, records });
  const keys = Array.from({ length: 12 }, (_, i) => idFrom(`${i.toString(16)}1`));
  const announce: Message = { type: "ANNOUNCE", requestId: 1, keys, ...listing, ttl: 2 ** 32 - 1 };
  expect(serving.answer(peerFrom(1), announce, at(0)))
    .toEqual({ type: "ANNOUNCED", requestId: 1, ttl: 86_400, stored: Uint8Array.of(0xff, 0x03) });
});

test("a provider is told with its session's address, never with another one it names", () => {
  const own = Uint8Array.of(60, 0, 1, 1, 15, 161);
  const foreign = Uint8Array.of(60, 0, 1, 2, 15, 161);
  const cases: readonly [number, Uint8Array, boolean][] = [
    [PROVIDER_KIND.ipv4, new Uint8Array(), true],
    [PROVIDER_KIND.ipv4, own, true],
    [PROVIDER_KIND.ipv4, foreign, false],
    [PROVIDER_KIND.ipv4, Uint8Array.of(1, 2, 3), false],
    [PROVIDER_KIND.key, new Uint8Array(), false],
    [77, own, false],
  ];
  for (const [kind, source, isListed] of cases) {
    const { serving } = fresh();
    const announce: Message = {
      type: "ANNOUNCE",
      requestId: 1,
      keys: [KEY],
      ...listing,
      kind,
      source,
    };
    serving.answer(peerFrom(1), announce, at(0));
    const { providers } = providersOf(serving.answer(peerFrom(2), getProviders(), at(0)));
    expect(providers[0]?.address).toEqual(isListed ? peerFrom(1).address : undefined);
  }
});

test("law: whatever an announcement says, it lists the key of its session and no other", () => {
  const bytes = fc.uint8Array({ maxLength: 64 });
  const anyListing = fc.record({
    ttl: fc.nat(2 ** 32 - 1),
    kind: fc.nat(255),
    recordFlags: fc.nat(255),
    source: fc.oneof(bytes, fc.constantFrom(keyFrom(3), keyFrom(1))),
  });
  fc.assert(
    fc.property(anyListing, fc.boolean(), (its, isInLookup) => {
      const { context, serving } = fresh();
      const announce: Message = isInLookup
        ? getProviders({ flags: GET_PROVIDERS_ANNOUNCE, ...its })
        : { type: "ANNOUNCE", requestId: 1, keys: [KEY], ...its };
      serving.answer(peerFrom(1), announce, at(0));
      const { providers } = providersOf(serving.answer(peerFrom(2), getProviders(), at(0)));
      expect(providers.map(({ publicKey }) => publicKey)).toEqual([keyFrom(1)]);
      expect(context.records.identities).toBe(1);
    }),
    { numRuns: 60 },
  );
});

test("on main a provider at a private address is told by its key alone", () => {
  const { serving } = fresh();
  const local = peerFrom(1, { address: { ip: "192.168.1.9", port: 4001 } });
  serving.answer(local, { type: "ANNOUNCE", requestId: 1, keys: [KEY], ...listing }, at(0));
  const { providers } = providersOf(serving.answer(peerFrom(2), getProviders(), at(0)));
  expect(providers).toMatchObject([{ address: undefined }]);
});

test("a node that holds the bytes names itself, by key: the asker knows where it is", () => {
  const { context, serving } = fresh((key) => key[0] === 1);
  const { providers, estimate } = providersOf(serving.answer(peerFrom(2), getProviders(), at(0)));
  expect(providers).toMatchObject([{ publicKey: context.self.publicKey, address: undefined }]);
  expect(estimate).toBe(1);
  const other = getProviders({ key: idFrom("02") });
  expect(providersOf(serving.answer(peerFrom(2), other, at(0))).providers).toEqual([]);
  expect(providersOf(serving.answer(peerFrom(2), getProviders({ max: 0 }), at(0))).providers)
    .toEqual([]);
});

test("the factor hint is the announcer's verified nearness to the key, never its own word", () => {
  const { context, serving } = fresh();
  const peer = peerFrom(1);
  serving.answer(peer, { type: "ANNOUNCE", requestId: 1, keys: [KEY], ...listing }, at(0));
  const factor = () =>
    providersOf(serving.answer(peerFrom(2), getProviders(), at(0))).providers[0]?.factor;
  expect(factor()).toBe(0);
  context.identities.settle(peer, idFrom("0180"));
  serving.answer(peer, { type: "ANNOUNCE", requestId: 1, keys: [KEY], ...listing }, at(0));
  expect(factor()).toBe(8);
});

test("answers that are no questions, and HAVE, are not the DHT's to answer", () => {
  const { serving } = fresh();
  const others: Message[] = [
    { type: "NODES", requestId: 1, contacts: [] },
    { type: "ERROR", requestId: 1, code: 1 },
    { type: "HAVE", requestId: 1, ids: [KEY] },
  ];
  for (const other of others) expect(serving.answer(peerFrom(1), other, at(0))).toBeUndefined();
});

test("law: an answer never exceeds 1,070 bytes; 8 contacts come first, pages give the rest", () => {
  const anyIp = fc.constantFrom("v4", "v6", "mixed");
  fc.assert(
    fc.property(anyIp, fc.nat(40), fc.nat(64), fc.nat(255), (family, nodes, providers, max) => {
      const { context, serving } = fresh();
      const ipOf = (i: number) =>
        family === "v4" || (family === "mixed" && i % 2 === 0)
          ? `80.${i}.1.1`
          : `2a00:${(i + 1).toString(16)}::1`;
      for (let i = 0; i < nodes; i++) {
        context.table.offer(contactFrom((0x8000 + i * 7).toString(16), { ip: ipOf(i) }));
      }
      for (let i = 0; i < providers; i++) {
        const peer = peerFrom(500 + i, { address: { ip: ipOf(100 + i), port: 9 } });
        serving.answer(peer, { type: "ANNOUNCE", requestId: 1, keys: [KEY], ...listing }, at(0));
      }
      const stored = context.records.size;
      const seen = new Set<string>();
      let page = 0;
      do {
        const answer = providersOf(serving.answer(peerFrom(1), getProviders({ max, page }), at(0)));
        expect(encodeMessage(answer).length).toBeLessThanOrEqual(REPLY_BYTES_MAX);
        expect(answer.contacts.length).toBeGreaterThanOrEqual(Math.min(nodes, 8));
        for (const { publicKey } of answer.providers) seen.add(publicKey.toHex());
        page = answer.page;
      } while (page !== 0);
      expect(seen.size).toBe(max === 0 ? 0 : stored);
    }),
    { numRuns: 60 },
  );
});

test("a record of a key far from us is kept for ten minutes, and half as long per bit", () => {
  const { context, serving } = fresh();
  for (let i = 0; i < 16; i++) context.table.offer(contactFrom(`000${(16 + i).toString(16)}`));
  for (let i = 0; i < 16; i++) context.table.offer(contactFrom(`0002${i.toString(16)}`));
  const announce = (key: Uint8Array) =>
    providersOf(serving.answer(
      peerFrom(1),
      getProviders({ key, flags: GET_PROVIDERS_ANNOUNCE, ttl: 86_400 }),
      at(0),
    )).ttl;
  const { nodeId } = context.self;
  const sharing = (bits: number) => randomIdAt(nodeId, bits, new SeededRandom(bits));
  const kept = regionBits(context) - 2;
  expect(announce(sharing(kept))).toBe(86_400);
  expect([1, 2, 3, 4, 9].map((bits) => announce(sharing(kept - bits))))
    .toEqual([600, 300, 150, 75, 60]);
  expect(context.records.passing).toBe(5);
});
