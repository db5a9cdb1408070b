import { dhtConfig } from "../../../src/dht/mod.ts";
import { Lookup, type LookupConfig } from "../../../src/dht/lookup.ts";
import type { Lead } from "../../../src/dht/shortlist.ts";
import { prefix32 } from "../../../src/dht/distance.ts";
import { at, contactFrom, idFrom, keyFrom } from "../../support/dht_parts.ts";
import { expect, test } from "../../support/harness.ts";

const TARGET = idFrom("");
const small: Partial<LookupConfig> = { width: 2, alpha: 2, alphaMax: 4 };
const fresh = (changes: Partial<LookupConfig> = small) =>
  new Lookup(TARGET, { ...dhtConfig(false).lookup, ...changes });

/** A node of our own table. */
function known(idHex: string): Lead {
  const { key, publicKey, address, idNonce, nodeId } = contactFrom(idHex);
  return { key, publicKey, address, idNonce, idPrefix: prefix32(nodeId), nodeId };
}
/** A node that somebody told of. */
const hearsay = (idHex: string): Lead => ({ ...known(idHex), nodeId: undefined });
const nonceOf = (lead: Lead): bigint => lead.idNonce ?? 0n;
const answer = (lookup: Lookup, lead: Lead, now = 10) =>
  lookup.handleAnswer(lead.key, nonceOf(lead), at(now));
/** All that may be asked now, as keys. */
function askAll(lookup: Lookup, now = 0): string[] {
  const asked: string[] = [];
  for (let next = lookup.next(at(now)); next !== undefined; next = lookup.next(at(now))) {
    asked.push(next.key);
  }
  return asked;
}
const verify = (lookup: Lookup, lead: Lead, idHex?: string) =>
  lookup.handleVerified(
    { publicKey: lead.publicKey, idNonce: nonceOf(lead) },
    lead.key,
    idHex === undefined ? undefined : idFrom(idHex),
  );

test("an empty lookup is exhausted at once", () => {
  const lookup = fresh();
  expect(lookup.next(at(0))).toBeUndefined();
  expect([lookup.outcome(), lookup.answered, lookup.rounds]).toEqual(["exhausted", 0, []]);
});

test("asks the nearest first, alpha at a time, and converges when width have answered", () => {
  const lookup = fresh();
  const [a, b, c] = [known("01"), known("02"), known("80")] as const;
  for (const lead of [c, b, a]) lookup.add(lead);
  expect(askAll(lookup)).toEqual([a.key, b.key]);
  expect(lookup.outcome()).toBeUndefined();
  answer(lookup, a);
  expect(lookup.outcome()).toBeUndefined();
  answer(lookup, b);
  expect(lookup.outcome()).toBe("converged");
  expect(lookup.closest().map(({ key }) => key)).toEqual([a.key, b.key]);
});

test("no more are asked at a time than answers are wanted; a slow one is not counted on", () => {
  const lookup = fresh({ width: 4, alpha: 4 });
  const [a, b, c] = [known("01"), known("02"), known("03")] as const;
  for (const lead of [a, b, c]) lookup.add(lead);
  const next = () => lookup.next(at(0), 1)?.key;
  expect([next(), next()]).toEqual([a.key, undefined]);
  lookup.handleSlow(a.key);
  expect([next(), next()]).toEqual([b.key, undefined]);
  answer(lookup, b);
  expect(next()).toBe(c.key);
});

test("one answer wanted, and nobody answers: 16 are asked within three timeouts", () => {
  const lookup = fresh({});
  for (let number = 1; number <= 16; number++) {
    lookup.add(known(number.toString(16).padStart(2, "0")));
  }
  const rounds: number[] = [];
  while (lookup.queries < 16 && rounds.length < 16) { // each as long as a question's first timeout
    const asked: string[] = [];
    const ask = () => lookup.next(at(0), 1);
    for (let next = ask(); next !== undefined; next = ask()) asked.push(next.key);
    for (const key of asked) lookup.handleSlow(key);
    rounds.push(asked.length);
  }
  expect(rounds).toEqual([1, 1, 8, 6]);
});

test("a hasty lookup ends without the slow once others have answered in their stead", () => {
  for (const isHasty of [true, false]) {
    const lookup = fresh();
    const [a, slow, c] = [known("01"), known("02"), known("03")] as const;
    for (const lead of [a, slow, c]) lookup.add(lead);
    expect(askAll(lookup)).toEqual([a.key, slow.key]);
    if (isHasty) lookup.hasten();
    answer(lookup, a);
    lookup.handleSlow(slow.key);
    expect(askAll(lookup)).toEqual([c.key]);
    expect(lookup.outcome()).toBeUndefined();
    answer(lookup, c);
    expect(lookup.outcome()).toBe(isHasty ? "converged" : undefined);
    expect(lookup.closest().map(({ key }) => key)).toEqual([a.key, c.key]);
    answer(lookup, slow); // late: it counts again
    expect(lookup.outcome()).toBe("converged");
    expect(lookup.closest().map(({ key }) => key)).toEqual([a.key, slow.key]);
  }
});

test("a nearer node that an answer names is asked next; hops make the rounds", () => {
  const lookup = fresh({ ...small, width: 1 });
  const [far, near] = [known("80"), known("01")] as const;
  lookup.add(far);
  expect(askAll(lookup, 0)).toEqual([far.key]);
  answer(lookup, far, 40);
  lookup.add(near, 2, far.key);
  expect(lookup.outcome()).toBeUndefined();
  expect(askAll(lookup, 40)).toEqual([near.key]);
  answer(lookup, near, 100);
  expect(lookup.outcome()).toBe("converged");
  expect(lookup.rounds).toEqual([
    { asked: 1, answered: 1, startedMs: 0, ms: 40 },
    { asked: 1, answered: 1, startedMs: 40, ms: 60 },
  ]);
});

test("fewer nodes than width: exhausted, with all that answered", () => {
  const lookup = fresh({ ...small, width: 3 });
  const [a, b] = [known("01"), known("02")] as const;
  lookup.add(a);
  lookup.add(b);
  askAll(lookup);
  answer(lookup, a);
  lookup.handleFailure(b.key);
  expect(lookup.outcome()).toBe("exhausted");
  expect(lookup.closest().map(({ key }) => key)).toEqual([a.key]);
});

test("a circle of referrals ends: a node is asked once", () => {
  const lookup = fresh();
  const [a, b] = [known("01"), known("02")] as const;
  lookup.add(a);
  askAll(lookup);
  answer(lookup, a);
  lookup.add(b, 2, a.key);
  askAll(lookup);
  answer(lookup, b);
  lookup.add(a, 3, b.key);
  lookup.add(b, 3, a.key);
  expect(askAll(lookup)).toEqual([]);
  expect(lookup.outcome()).toBe("converged");
  expect(lookup.queries).toBe(2);
});

test("two slow replies raise alpha, and a slow node does not hold a place", () => {
  const lookup = fresh({ width: 8, alpha: 2, alphaMax: 4 });
  const leads = ["01", "02", "03", "04", "05", "06", "07", "08"].map(known);
  for (const lead of leads) lookup.add(lead);
  expect(askAll(lookup)).toHaveLength(2);
  lookup.handleSlow(leads[0]?.key ?? "");
  expect(askAll(lookup)).toHaveLength(1);
  lookup.handleSlow(leads[1]?.key ?? "");
  lookup.handleSlow(leads[1]?.key ?? ""); // told twice: counted once
  expect(askAll(lookup)).toHaveLength(3); // 1 + 3 = alphaMax
});

test("a failed node's late answer counts after all", () => {
  const lookup = fresh({ ...small, width: 1 });
  const lead = known("01");
  lookup.add(lead);
  askAll(lookup);
  lookup.handleFailure(lead.key);
  expect(lookup.outcome()).toBe("exhausted");
  expect(answer(lookup, lead)?.state).toBe("answered");
  expect(lookup.outcome()).toBe("converged");
  expect(answer(lookup, lead)).toBeUndefined(); // a second answer does not count
});

test("hearsay counts in a result only when its claim is verified", () => {
  const lookup = fresh({ ...small, width: 1 });
  const lead = hearsay("01");
  lookup.add(lead, 2, "teller");
  expect(lookup.unverified()).toEqual([]);
  askAll(lookup);
  answer(lookup, lead);
  expect(lookup.outcome()).toBeUndefined();
  expect(lookup.closest()).toEqual([]);
  expect(lookup.unverified().map(({ key }) => key)).toEqual([lead.key]);
  expect(verify(lookup, lead, "01")).toEqual([]);
  expect(lookup.outcome()).toBe("converged");
});

test("a false claim drops the node and names its tellers", () => {
  const lookup = fresh();
  const [liar, honest] = [hearsay("01"), known("40")] as const;
  lookup.add(liar, 2, "teller 1");
  lookup.add(liar, 2, "teller 2");
  lookup.add(liar, 2, "teller 1");
  lookup.add(honest);
  askAll(lookup);
  answer(lookup, liar);
  answer(lookup, honest);
  expect(verify(lookup, liar)).toEqual(["teller 1", "teller 2"]);
  expect(lookup.closest().map(({ key }) => key)).toEqual([honest.key]);
  expect(lookup.outcome()).toBe("exhausted");
});

test("an honest node told too near is put where it belongs, its tellers are named", () => {
  const lookup = fresh({ ...small, width: 1 });
  const [told, other] = [hearsay("01"), known("40")] as const;
  lookup.add(told, 2, "liar");
  lookup.add(other);
  askAll(lookup);
  answer(lookup, told);
  expect(verify(lookup, told, "80")).toEqual(["liar"]);
  expect(askAll(lookup)).toEqual([other.key]);
  answer(lookup, other);
  expect(lookup.closest().map(({ key }) => key)).toEqual([other.key]);
});

test("what a node's own session claims replaces what was told: no teller is blamed", () => {
  const lookup = fresh({ ...small, width: 1 });
  const lead = hearsay("01");
  lookup.add(lead, 2, "teller");
  askAll(lookup);
  lookup.handleAnswer(lead.key, 999n, at(10));
  const own = { ...lead, idNonce: 999n };
  expect(verify(lookup, own, "40")).toEqual([]);
  expect(lookup.closest()[0]?.id).toEqual(idFrom("40"));
});

test("nobody can hide a node by telling it far away: the nearer claim is tried", () => {
  const lookup = fresh({ ...small, width: 1, alpha: 1 });
  const truth = hearsay("01");
  const lie: Lead = { ...truth, idNonce: 666n, idPrefix: 0xff000000 };
  const other = known("40");
  lookup.add(lie, 2, "liar");
  lookup.add(other);
  lookup.add(truth, 2, "honest");
  expect(askAll(lookup)).toEqual([truth.key]);
  expect(lookup.get(truth.key)?.tellers).toEqual(["honest"]);
});

test("rank() counts the nodes nearer than one that have not failed", () => {
  const lookup = fresh({ ...small, width: 4, alpha: 4 });
  const leads = ["01", "02", "03"].map(known);
  for (const lead of leads) lookup.add(lead);
  const last = lookup.get(leads[2]?.key ?? "");
  if (last === undefined) throw new Error("not there");
  expect(lookup.rank(last)).toBe(2);
  askAll(lookup);
  lookup.handleFailure(leads[0]?.key ?? "");
  expect(lookup.rank(last)).toBe(1);
});

test("a second address is tried when the first fails", () => {
  const lookup = fresh({ ...small, width: 1 });
  const lead = hearsay("01");
  const elsewhere = { ...lead, address: { ip: "81.9.9.9", port: 9 } };
  lookup.add(lead, 2, "liar");
  lookup.add(elsewhere, 2, "honest");
  expect(lookup.next(at(0))?.address).toEqual(lead.address);
  lookup.handleFailure(lead.key);
  expect(lookup.next(at(0))?.address).toEqual(elsewhere.address);
  lookup.handleFailure(lead.key);
  expect(lookup.next(at(0))).toBeUndefined();
  expect(lookup.outcome()).toBe("exhausted");
});

test("seeds without a known place are asked first and placed once verified", () => {
  const lookup = fresh();
  const seed: Lead = { ...known("ff"), idNonce: undefined, idPrefix: undefined, nodeId: undefined };
  const other = known("01");
  lookup.add(other);
  lookup.add(seed);
  expect(askAll(lookup)).toEqual([seed.key, other.key]);
  lookup.handleAnswer(seed.key, 5n, at(1));
  answer(lookup, other);
  expect(lookup.outcome()).toBeUndefined();
  lookup.handleVerified({ publicKey: seed.publicKey, idNonce: 5n }, seed.key, idFrom("ff"));
  expect(lookup.closest().map(({ key }) => key)).toEqual([other.key, seed.key]);
  expect(lookup.outcome()).toBe("converged");
});

test("an endless chain of ever nearer nodes ends at the hop cap", () => {
  const lookup = fresh({ ...small, width: 1, hopsMax: 24 });
  let lead = known("ffffffff");
  lookup.add(lead);
  for (let hop = 1; lookup.next(at(hop)) !== undefined; hop++) {
    answer(lookup, lead, hop);
    lead = known((0xffffffff >>> hop).toString(16).padStart(8, "0"));
    lookup.add(lead, hop + 1, "liar");
  }
  expect(lookup.rounds).toHaveLength(24);
  expect(lookup.outcome()).toBe("timed_out");
});

test("questions, candidates and checks are capped", () => {
  const flooded = fresh({ ...small, queriesMax: 3, candidatesMax: 4, alpha: 9 });
  for (let i = 0; i < 100; i++) {
    flooded.add(hearsay((200 - i).toString(16).padStart(2, "0")), 2, "t");
  }
  expect(flooded.get(keyFrom(1).toHex())).toBeUndefined();
  const asked = askAll(flooded);
  expect(asked.length).toBeLessThanOrEqual(3);
  for (const key of asked) flooded.handleFailure(key);
  for (const key of askAll(flooded)) flooded.handleFailure(key);
  expect(flooded.queries).toBe(3);
  expect(flooded.outcome()).toBe("timed_out");

  const doubted = fresh({ ...small, width: 1, checksMax: 1 });
  const [a, b] = [hearsay("01"), hearsay("02")] as const;
  doubted.add(a, 2, "t");
  doubted.add(b, 2, "t");
  askAll(doubted);
  answer(doubted, a);
  const [first] = doubted.unverified();
  expect(first !== undefined && doubted.spendCheck(first)).toBe(true);
  verify(doubted, a);
  askAll(doubted);
  answer(doubted, b);
  const [second] = doubted.unverified();
  expect(second !== undefined && doubted.spendCheck(second)).toBe(false);
  expect(doubted.outcome()).toBe("timed_out");
});

test("liars who tell of one another alone do not end a lookup", () => {
  const config = { ...dhtConfig(false).lookup, width: 4, alpha: 32 };
  // Four nodes are expected within 2^15 of the target.
  const lookup = new Lookup(TARGET, config, { coreBits: 160, reach: 2 ** 15 });
  const liars = ["00100000", "00200000", "00300000", "00400000"].map((hex) => known(hex));
  const honest = known("08000000");
  for (const lead of [...liars, honest]) lookup.add(lead);
  askAll(lookup);
  for (const lead of liars) answer(lookup, lead);
  expect(lookup.outcome()).toBeUndefined();
  const near = Array.from({ length: 4 }, (_, i) => known(`0000000${1 + i}`));
  answer(lookup, honest);
  for (const lead of near) lookup.add(lead, 2);
  expect(askAll(lookup)).toHaveLength(4);
  for (const lead of near) answer(lookup, lead);
  expect(lookup.outcome()).toBe("converged");
  expect(lookup.closest().map(({ key }) => key)).toEqual(near.map(({ key }) => key));
});

test("a hasty lookup asks alphaMax at a time", () => {
  const lookup = new Lookup(TARGET, dhtConfig(false).lookup);
  for (let i = 0; i < 16; i++) lookup.add(known(`0000001${i.toString(16)}`));
  expect(askAll(lookup)).toHaveLength(4);
  lookup.hasten();
  expect(askAll(lookup)).toHaveLength(4);
});

test("in a crowd others have to answer too, up to widthMax", () => {
  const config = { ...dhtConfig(false).lookup, width: 8, widthMax: 12, alpha: 32 };
  const near = Array.from({ length: 8 }, (_, i) => known(`0000000${i}`));
  const beyond = ["80000000", "80000001"].map((hex) => known(hex));
  const lookup = new Lookup(TARGET, config, { coreBits: 8, reach: 2 ** 32 });
  for (const lead of [...near, ...beyond, known("c0000000")]) lookup.add(lead);
  expect(askAll(lookup)).toHaveLength(10);
  for (const lead of [...near, ...beyond.slice(1)]) answer(lookup, lead);
  expect(lookup.outcome()).toBeUndefined();
  for (const lead of beyond) answer(lookup, lead);
  expect(lookup.outcome()).toBe("converged");
  expect(lookup.closest()).toHaveLength(10);
  const thick = new Lookup(TARGET, config, { coreBits: 8, reach: 2 ** 32 });
  for (let i = 0; i < 20; i++) thick.add(known(`000000${10 + i}`));
  askAll(thick);
  expect(thick.queries).toBe(12);
});
