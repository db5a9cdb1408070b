import { type HourOfTrade, TradingCrowd } from "../../test/support/trading_crowd.ts";
import type { Chart } from "../chart.ts";
import { quantile } from "../report.ts";
import { type Part, percent, table } from "./part.ts";

const USERS = 200;
const HOURS = 8;
const RANK = 8;
const UPLINK_KIB = 64;
/** A chunk is wanted so often. */
const LIGHT_LOAD_SECONDS = 32;
const HEAVY_LOAD_SECONDS = 13;
const LEECHERS = 20;
const SHOWN_HOURS = [1, 2, 4, 8];

interface World {
  readonly name: string;
  readonly hours: readonly HourOfTrade[];
}

/** Whether users who all want and offer the same come out even. */
export function measureEqualUsers(seed: number): Part {
  const play = (name: string, everySeconds: number, leechers: number): World => {
    const options = { users: USERS, hours: HOURS, rank: RANK, everySeconds, leechers, seed };
    const crowd = new TradingCrowd({ ...options, uplinkBytesPerSecond: UPLINK_KIB * 1024 });
    return { name, hours: crowd.play() };
  };
  const light = play("light load", LIGHT_LOAD_SECONDS, 0);
  const heavy = play("heavy load", HEAVY_LOAD_SECONDS, 0);
  const leeched = play(`heavy load, ${LEECHERS} leechers`, HEAVY_LOAD_SECONDS, LEECHERS);
  const worlds = [light, heavy, leeched];
  const last = lastOf(heavy);
  return {
    title: "Equal users balance out",
    markdown: [said(light, heavy), table(HEAD, worlds.flatMap(rowsOf)), meant(leeched)].join(
      "\n\n",
    ),
    charts: [
      { file: "market-balances.svg", chart: balanceChart(heavy) },
      { file: "market-equal-users.svg", chart: ratioChart(heavy) },
    ],
    figures: {
      "market.equal_users_within_line": Math.min(...heavy.hours.map(within)),
      "market.equal_users_ratio_p5": quantile(sorted(last.ratios), 0.05),
      "market.equal_users_ratio_p95": quantile(sorted(last.ratios), 0.95),
    },
  };
}

function said(light: World, heavy: World): string {
  const load = (world: World) => percent(lastOf(world).wanted / (USERS * UPLINK_KIB * 3600 / 1024));
  return [
    `${USERS} users with the product's \`Ledger\`, \`Sales\`, \`FreePool\`, \`Purchases\` and`,
    `signed receipts, limits on, each of rank ${RANK} and on an uplink of ${UPLINK_KIB} KiB/s,`,
    `want a chunk of 1 MiB every ${LIGHT_LOAD_SECONDS} s or every ${HEAVY_LOAD_SECONDS} s for`,
    `${HOURS} hours: beside what they have themselves ${load(light)} and ${
      load(heavy)
    } of what all`,
    "uplinks carry. 5,000 chunks are",
    "wanted by Zipf's law (exponent 0.9); eight users hold each for good, those nearest to it, and",
    "everyone keeps the last hundred that it had. A user asks up to five holders, in any order,",
    "and takes the first that agrees. Debts are forgiven for what of an uplink was idle, as a node",
    "does. Modelled: the network; a transfer is one step, and whose uplink is 20 s behind is not",
    "asked. Leechers want as much and serve nobody; the other columns are of the honest.",
  ].join(" ");
}

function meant({ hours }: World): string {
  const last = hours[hours.length - 1];
  return [
    "Between strangers there is no credit: the first chunk comes out of the pool, a tenth of the",
    "uplink, and so it takes hours until most pairs have met. From then on each has earned with",
    "the other what it asks. While uplinks have room to spare all debts are forgiven; a debt",
    "beyond a line is what the pool gave besides. Under heavy load the leechers get",
    `${percent(last?.leechersShare ?? 0)} of what they want, out of the pool and of what is`,
    "forgiven. Whoever lies near to popular chunks serves",
    "more than it has: that is the spread of the last columns, which no balance takes away, since",
    "all want the same.",
  ].join(" ");
}

const HEAD = [
  "World, hour",
  "Debt / line, p99",
  "most",
  "within",
  "Got it",
  "Refusals a chunk",
  "Leechers got it",
  "Had / served, p5",
  "p50",
  "p95",
];

function rowsOf({ name, hours }: World): string[][] {
  return SHOWN_HOURS.flatMap((number) => {
    const hour = hours[number - 1];
    if (hour === undefined) return [];
    const [shares, ratios] = [sorted(hour.lineShares), sorted(hour.ratios)];
    return [[
      `${name}, ${number}`,
      ...[0.99, 1].map((q) => quantile(shares, q).toFixed(2)),
      percent(within(hour)),
      percent(hour.had / hour.wanted),
      (hour.refused / hour.wanted).toFixed(2),
      Number.isNaN(hour.leechersShare) ? "" : percent(hour.leechersShare),
      ...[0.05, 0.5, 0.95].map((q) => quantile(ratios, q).toFixed(2)),
    ]];
  });
}

function balanceChart({ hours }: World): Chart {
  const quantiles = [[0.5, "median"], [0.9, "90 %"], [0.99, "99 %"], [1, "most"]] as const;
  return {
    title: "What users owe one another",
    subtitle: `simulated; ${USERS} equal users under heavy load, all pairs that have traded`,
    xName: "virtual hours",
    yName: "debt / line of credit",
    xMax: HOURS,
    series: quantiles.map(([q, name]) => ({
      name,
      points: hours.map(({ lineShares }, i) => [i + 1, quantile(sorted(lineShares), q)] as const),
    })),
  };
}

function ratioChart({ hours }: World): Chart {
  return {
    title: "Download per upload",
    subtitle: `simulated; ${USERS} equal users under heavy load, all bytes since the start`,
    xName: "virtual hours",
    yName: "bytes had / bytes served",
    xMax: HOURS,
    yMax: 2,
    series: [
      ...([[0.05, "5 %"], [0.5, "median"], [0.95, "95 %"]] as const).map(([q, name]) => ({
        name,
        points: hours.map(({ ratios }, i) => [i + 1, quantile(sorted(ratios), q)] as const),
      })),
      { name: "even", isAim: true, points: [[0, 1], [HOURS, 1]] },
    ],
  };
}

const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

/** Of all pairs, those whose debt is within the line. */
function within({ lineShares }: HourOfTrade): number {
  return lineShares.filter((share) => share <= 1).length / lineShares.length;
}

function lastOf({ hours }: World): HourOfTrade {
  const last = hours[hours.length - 1];
  if (last === undefined) throw new RangeError("no hour was played");
  return last;
}
