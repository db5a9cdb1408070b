import type { Instant, Share } from "../../../src/lib/mod.ts";
import { DEFAULT_SHARE, SERVICE_TIER, type Train } from "../../../src/transport/mod.ts";
import type { PacketContents } from "../../../src/transport/packet_writer.ts";
import { ControlAllowance } from "../../../src/transport/control_allowance.ts";
import { type SendingLink, SendScheduler } from "../../../src/transport/send_scheduler.ts";
import { ServingCeiling } from "../../../src/transport/serving_ceiling.ts";
import { expect, test } from "../../support/harness.ts";

const NOW = 0 as Instant;
const SLAB = new Uint8Array(65_536);
const TO = { ip: "192.0.2.1", port: 1 };
const FULL_TRAIN = 64_768;

/** A peer with so many control packets and bytes of bulk to send. */
class FakeLink implements SendingLink {
  readonly name: string;
  share: Share = DEFAULT_SHARE;
  frames = 0;
  bulk = 0;
  trainBytes = FULL_TRAIN;
  controlBytes = 100;
  /** Whether its control is to be acknowledged. */
  elicits = true;
  bytesInFlight = 0;
  answerBytes = 0;
  readonly control = new ControlAllowance();
  /** Window and pacer let it send. */
  isFree = true;
  isBuyer = true;
  isSeller = false;

  constructor(name: string, parts: Partial<FakeLink> = {}) {
    this.name = name;
    Object.assign(this, parts);
  }

  get hasBulk(): boolean {
    return this.bulk > 0;
  }

  writeTrain(_now: Instant, _out: Uint8Array, contents: PacketContents): Train | undefined {
    if (!this.isFree) return undefined;
    const bulk = contents === "all" ? Math.min(this.bulk, this.trainBytes) : 0;
    const bytes = bulk > 0 ? bulk : Math.min(this.frames, 1) * this.controlBytes;
    if (this.frames > 0) this.frames--;
    if (this.elicits) this.bytesInFlight += bytes;
    this.bulk -= bulk;
    return bytes === 0 ? undefined : { to: TO, bytes, segmentBytes: bytes };
  }
}

function rig(...links: FakeLink[]) {
  const asked: string[] = [];
  const scheduler = new SendScheduler<FakeLink>((link) => asked.push(link.name));
  for (const link of links) scheduler.touch(link);
  /** Names of the next trains' links; control in capitals. */
  const trains = (most: number): string => {
    let names = "";
    for (let i = 0; i < most; i++) {
      const next = scheduler.next(NOW, SLAB);
      if (next === undefined) break;
      names += next.train.bytes < 2_000 ? next.link.name.toUpperCase() : next.link.name;
    }
    return names;
  };
  return { scheduler, trains, asked };
}

test("control of all peers leaves before the next train of bulk, one packet each in turn", () => {
  const a = new FakeLink("a", { bulk: 1e9 }), b = new FakeLink("b", { frames: 3 });
  const c = new FakeLink("c", { bulk: 1e9, frames: 2 });
  const { trains, scheduler } = rig(a, b, c);
  expect(trains(9)).toBe("BCBCBacac");
  b.frames = 1;
  scheduler.touch(b);
  expect(trains(2)).toBe("Ba");
});

test("the control of the peer whose turn it is rides in its train", () => {
  const { trains } = rig(new FakeLink("a", { bulk: 1e9, frames: 1 }));
  expect(trains(3)).toBe("aaa");
});

test("bulk takes turns by bytes: small trains get as much as large ones in the long run", () => {
  const large = new FakeLink("l", { bulk: 1e9 }), small = new FakeLink("s", { bulk: 1e9 });
  small.trainBytes = 14_720;
  const { trains } = rig(large, small);
  trains(6_000);
  expect((1e9 - small.bulk) / (1e9 - large.bulk)).toBeGreaterThan(0.9);
});

test("paid comes before free before background; a weight is a multiple", () => {
  const paid = new FakeLink("p", { bulk: 2 * FULL_TRAIN });
  paid.share = { tier: SERVICE_TIER.paid, weight: 1 };
  const heavy = new FakeLink("h", { bulk: 60 * FULL_TRAIN });
  heavy.share = { tier: SERVICE_TIER.free, weight: 3 };
  const free = new FakeLink("f", { bulk: 20 * FULL_TRAIN });
  const last = new FakeLink("z", { bulk: 2 * FULL_TRAIN, frames: 1 });
  last.share = { tier: SERVICE_TIER.background, weight: 64 };
  const { trains } = rig(last, heavy, free, paid);
  expect(trains(3)).toBe("Zpp"); // even the last one's control waits for nobody's bulk
  const first = trains(40);
  expect(Math.abs([...first].filter((name) => name === "h").length - 30)).toBeLessThan(3);
  expect(trains(99)).toMatch(/^[hf]{40}zz$/);
});

test("a peer that may not send is not asked again until it is touched, and gains nothing", () => {
  const a = new FakeLink("a", { bulk: 1e9 }), b = new FakeLink("b", { bulk: 1e9 });
  const { trains, scheduler, asked } = rig(a, b);
  a.isFree = false;
  expect(trains(3)).toBe("bbb");
  asked.length = 0;
  expect(trains(1)).toBe("b");
  expect(asked).not.toContain("a"); // a thousand peers that wait cost nothing
  a.isFree = true;
  scheduler.touch(a);
  const both = trains(40);
  expect(Math.abs([...both].filter((name) => name === "a").length - 20)).toBeLessThanOrEqual(2);
  scheduler.forget(a);
  expect(trains(2)).toBe("bb");
});

test("a new share counts from the next turn on", () => {
  const a = new FakeLink("a", { bulk: 1e9 }), b = new FakeLink("b", { bulk: 1e9 });
  const { trains, scheduler } = rig(a, b);
  expect(trains(2)).toBe("ab");
  b.share = { tier: SERVICE_TIER.paid, weight: 1 };
  scheduler.shareChanged(b);
  expect(trains(3)).toBe("bbb");
});

test("control beyond its allowance waits for its peer's own turn, where anybody waits", () => {
  const bulk = new FakeLink("b", { bulk: 1e9 });
  const flooder = new FakeLink("f", { frames: 1e6, controlBytes: 1_000 });
  const { trains, scheduler } = rig(bulk, flooder);
  trains(66); // the allowance
  const later = trains(5_000);
  const shareOfLine = [...later].filter((name) => name === "F").length * 1_000 /
    ([...later].filter((name) => name === "b").length * FULL_TRAIN);
  expect(shareOfLine).toBeGreaterThan(0.9);
  expect(shareOfLine).toBeLessThan(1.1);
  scheduler.forget(bulk);
  expect(trains(500)).toBe("F".repeat(500)); // alone it may have all
});

test("acknowledgements always go first", () => {
  const acks = new FakeLink("a", { frames: 2_000, controlBytes: 1_000, elicits: false });
  const { trains } = rig(new FakeLink("b", { bulk: 1e9 }), acks);
  expect(trains(2_001)).toBe("A".repeat(2_000) + "b");
});

test("below its ceiling bulk waits, and control of all goes on", () => {
  const ceiling = new ServingCeiling(200_000, NOW);
  const scheduler = new SendScheduler<FakeLink>(() => {}, ceiling);
  const a = new FakeLink("a", { bulk: 1e9 }), b = new FakeLink("b", { frames: 2 });
  for (const link of [a, b]) scheduler.touch(link);
  const names = (now: number): string => {
    let names = "";
    for (let next = scheduler.next(now as Instant, SLAB); next !== undefined;) {
      names += next.link.name;
      next = scheduler.next(now as Instant, SLAB);
    }
    return names;
  };
  expect(names(0)).toBe("bba"); // the first train is more than was saved up
  const { openAt } = scheduler;
  expect(openAt).toBeGreaterThan(40);
  a.frames = 1;
  b.frames = 1;
  for (const link of [a, b]) scheduler.touch(link);
  expect(names(30)).toBe("ab");
  expect(a.bulk).toBe(1e9 - FULL_TRAIN);
  expect(scheduler.openAt).toBeGreaterThan(openAt as Instant); // what control took, bulk waits for
  expect(names(scheduler.openAt as Instant)).toBe("a");
});

test("below the ceiling too, control beyond its allowance waits for its peer's own turn", () => {
  const ceiling = new ServingCeiling(1_000_000, NOW);
  const scheduler = new SendScheduler<FakeLink>(() => {}, ceiling);
  const bulk = new FakeLink("b", { bulk: 1e9 });
  const flooder = new FakeLink("f", { frames: 1e6, controlBytes: 1_000 });
  for (const link of [bulk, flooder]) scheduler.touch(link);
  const bytes = new Map([[bulk, 0], [flooder, 0]]);
  for (let now = 0; now < 10_000; now++) {
    for (let next = scheduler.next(now as Instant, SLAB); next !== undefined;) {
      bytes.set(next.link, (bytes.get(next.link) ?? 0) + next.train.bytes);
      next = scheduler.next(now as Instant, SLAB);
    }
  }
  expect(bytes.get(bulk)).toBeGreaterThan(4_000_000);
  expect(ceiling.spentBytes).toBeLessThan(11_100_000);
});

test("the ceiling counts what buyers are sent, and no acknowledgement of what we buy", () => {
  const ceiling = new ServingCeiling(1_000_000, NOW);
  const scheduler = new SendScheduler<FakeLink>(() => {}, ceiling);
  const stranger = new FakeLink("s", { frames: 1, isBuyer: false });
  const seller = new FakeLink("t", { frames: 1, isSeller: true, elicits: false });
  const buyer = new FakeLink("b", { frames: 1, isSeller: true });
  for (const link of [stranger, seller, buyer]) {
    scheduler.touch(link);
    expect(scheduler.next(NOW, SLAB)?.link).toBe(link);
    scheduler.next(NOW, SLAB);
  }
  expect(ceiling.spentBytes).toBe(100 + 28);
});
