import type { Figure } from "../report.ts";
import type { Popularity, Row } from "./claims.ts";
import type { AnnounceCount } from "./real_network.ts";
import type { Variant } from "./variants.ts";

export interface ClaimsData {
  readonly rows: readonly Row[];
  readonly popularity: Popularity;
  readonly deadShare: number;
  readonly liarShare: number;
  /** Cores of the networks of cores. */
  readonly sizes: readonly number[];
  /** Cores of the largest of them, and virtual seconds of it per second of a processor. */
  readonly largest: number;
  readonly speedup: number;
  readonly announces: AnnounceCount;
  readonly variants: readonly Variant[];
}

/** docs/dht-claims.md. @param figure any, for machine, runtime and commit. */
export function claimsText(data: ClaimsData, figure: Figure): string {
  const { machine, runtime, commit } = figure;
  return [
    "# The lookup's claims, measured",
    `Written by \`CORES="${data.sizes.join(" ")}" make sim-dht\`; nobody edits it. ${machine}, ` +
    `${runtime}, commit ${commit}.`,
    simulated(data),
    measured(data.rows),
    "![Time to the first provider](dht-latency.svg)",
    "## Beside the claims",
    "The claims are for a million nodes that know log2 N others, half a second and 2 KB a hop; " +
    "measured is the model of a million.",
    beside(data),
    "## Hops against popularity",
    "![Hops against popularity](dht-popularity.svg)",
    popular(data.popularity),
    "## What else was tried",
    tried(data),
  ].join("\n\n") + "\n";
}

function simulated({ deadShare, liarShare, largest, speedup }: ClaimsData): string {
  const cores = largest.toLocaleString("en");
  return [
    '**What is simulated.** "Cores" are networks in which every node is the product\'s DHT core',
    '(`src/dht`). "Model" is a network held in arrays, whose nodes answer as a core would from',
    `tables that are drawn with the sizes seen among ${cores} cores; those who ask it are real`,
    "cores. Round trips are drawn per pair of nodes from the Gamma distribution that Valadão,",
    "Guedes and Duarte fitted to 550 million measurements between 81 hosts (arXiv 1202.2153), with",
    "a median of 90 ms, ± 5 % per packet. Sessions last as Stutzbach and Rejaie found (IMC 2006,",
    "Weibull, shape 0.5), so that 10 % of all nodes leave in ten minutes;",
    `${percent(deadShare)} of all contacts are dead when it is measured. Liars`,
    `(${percent(liarShare)} of the nodes) name only one another, those nearest to the key first,`,
    "and no provider. A check of a claimed NodeId takes 3 ms, one at a time. Not simulated: loss",
    "of packets, NAT, bandwidth, the processor's time for all else.",
    `At rest, ${speedup.toFixed(1)} seconds of ${cores} cores take one second of a processor.`,
    "\n\nHops, time and bytes are those until the first provider is known, from which on a",
    'download can begin; "to the end" includes what a lookup then still asks, until three nodes in',
    "a row tell of nobody new. Bytes are UDP payload both ways: *cold* if each node asked has to",
    "be met by a handshake packet, *warm* if all sessions stand. Each lookup is for another key,",
    "which one node provides.",
  ].join(" ").replace(" \n\n", "\n\n");
}

const COLUMNS = [
  "Network",
  "Lookups",
  "Found",
  "Hops, mean",
  "p50, ms",
  "p95",
  "p99",
  "Bytes, cold",
  "To the end, cold",
  "To the end, warm",
  "Datagrams",
  "Nobody has it: p50, ms",
  "p95",
];

function measured(rows: readonly Row[]): string {
  return table(COLUMNS, rows.map(cells));
}

function cells({ nodes, kind, liarShare, found, nothingP50Ms, nothingP95Ms }: Row): string[] {
  const liars = liarShare > 0 ? `, ${percent(liarShare)} liars` : "";
  return [
    `${nodes.toLocaleString("en")} ${kind}${liars}`,
    found.lookups.toString(),
    percent(found.success),
    found.rounds.toFixed(2),
    ...[found.p50Ms, found.p95Ms, found.p99Ms].map(whole),
    ...[found.coldBytes, found.endColdBytes, found.endWarmBytes].map(kb),
    whole(found.endDatagrams),
    ...[nothingP50Ms, nothingP95Ms].map(whole),
  ];
}

function beside({ rows, popularity }: ClaimsData): string {
  const million = rows.find(({ nodes, liarShare }) => nodes === 1_000_000 && liarShare === 0);
  if (million === undefined) throw new RangeError("no row of a million nodes");
  const { found } = million;
  const megabyte = 2 ** 20;
  const { doublings, first, last } = ends(popularity.cached);
  const most = popularity.held[popularity.held.length - 1] ?? [0, 0];
  const cold = percent(found.endColdBytes / megabyte);
  const warm = percent(found.endWarmBytes / megabyte);
  return table(["Claim", "Said", "Measured"], [
    ["hops of a search", "20", found.rounds.toFixed(2)],
    ["time of a search", "10 s", `${seconds(found.p50Ms)} (p99 ${seconds(found.p99Ms)})`],
    [
      "bytes of a search",
      "40 KB",
      `${kb(found.endColdBytes)} cold, ${kb(found.endWarmBytes)} warm`,
    ],
    [
      "a search for each chunk of 1 MiB, share of all bytes",
      "4 %",
      `${cold} cold, ${warm} warm; but chunks are found by their manifest: one search a file`,
    ],
    [
      "five hosts or more have it",
      "7.5 s",
      `${seconds(found.p50Ms)}: one host or five, the records lie at the same 16 nodes`,
    ],
    [
      "each doubling of popularity",
      "a hop less, 0.5 s",
      `${first.toFixed(2)} hops at first, ${last.toFixed(2)} from the ${
        2 ** doublings
      }th request on`,
    ],
    [
      "very popular: 1 to 2 hops",
      "< 1 s",
      `${most[1].toFixed(2)} hops if ${percent(most[0])} of all nodes have it`,
    ],
  ]);
}

function popular({ plain, cached, warmBytes, prices, held }: Popularity): string {
  const { doublings, last } = ends(plain);
  const cachedLast = ends(cached).last;
  return [
    "Whoever has got a key's bytes has itself listed at the nodes that keep its records, and",
    "leaves its record, for ten minutes at most, with the nearest node on its way there that knew",
    "of nobody. A model of 100,000 nodes, a request every four seconds or so, mean hops:",
  ].join(" ") + "\n\n" + table(
    ["Requests for the key so far", "Hops", "Without copies", "Price factor", "Whole lookup, warm"],
    cached.map(([requests, hops], i) => [
      `${requests}${requests > 1 ? ` to ${2 * requests - 1}` : ""}`,
      hops.toFixed(2),
      (plain[i]?.[1] ?? 0).toFixed(2),
      (prices[i]?.[1] ?? 0).toFixed(2),
      kb(warmBytes[i]?.[1] ?? 0),
    ]),
  ) + "\n\n" + [
    `From the ${2 ** doublings}th request on that is ${percent(1 - cachedLast / last)} less than`,
    "without copies. The price factor is that of the cheapest provider found: bits that its NodeId",
    "and the key have in common (docs/market.md). One provider asks for 1 in the mean; among four,",
    "one asks for nothing nearly always. Whole lookups grow by the providers that answers name.",
    "Where so many have the bytes that one of those asked may have them itself:",
  ].join(" ") + "\n\n" + table(
    ["Share of all nodes that have the bytes", "Hops, mean"],
    held.map(([share, hops]) => [percent(share), hops.toFixed(2)]),
  );
}

const VARIANT_COLUMNS = [
  "Lookup",
  "p50, ms",
  "p99",
  "To the end, cold",
  "Datagrams",
  "Found",
  "Found among liars",
];

function tried({ variants, announces, largest }: ClaimsData): string {
  const rows = variants.map(({ name, honest, attacked }) => [
    name,
    ...[honest.p50Ms, honest.p99Ms].map(whole),
    kb(honest.endColdBytes),
    whole(honest.endDatagrams),
    percent(honest.success),
    percent(attacked.success),
  ]);
  const asked = announces.kept + announces.refused;
  return [
    "Each alone, in the model of 100,000 nodes; what does not gain a tenth, or costs more than it",
    "gains, stays out. More paths at once are faster for half as many bytes again. Two nodes that",
    "agree would save bytes, but where a fifth of all nodes lie and name false providers, the",
    "first two lie in one lookup of 25, the first three in one of 125. Disjoint paths could find",
    "more only where liars hide something: the last column says how much. Wait tickets are for",
    "those whose record a full node refuses: of the",
    `${asked.toLocaleString("en")} records that the ${largest.toLocaleString("en")} cores were`,
    `asked to keep, ${announces.refused.toLocaleString("en")} were refused.`,
  ].join(" ") + "\n\n" + table(VARIANT_COLUMNS, rows);
}

function ends(points: Popularity["plain"]): { doublings: number; first: number; last: number } {
  const doublings = points.length - 1;
  return { doublings, first: points[0]?.[1] ?? 0, last: points[doublings]?.[1] ?? 0 };
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (row: readonly string[]) => `| ${row.join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

const whole = (value: number): string => Math.round(value).toString();
const kb = (bytes: number): string => `${(bytes / 1000).toFixed(1)} KB`;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;
const percent = (share: number): string => `${Number((100 * share).toPrecision(3))} %`;
