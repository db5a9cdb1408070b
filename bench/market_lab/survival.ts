import { PlacementWorld } from "../../test/support/placement_world.ts";
import type { Chart, Series } from "../chart.ts";
import { type Part, percent, table } from "./part.ts";

const HOUR_MS = 3_600_000;
const CROWD = {
  nodes: 300,
  chunks: 1_000,
  chunkBytes: 2 ** 20,
  bytesPerHour: 256 * 2 ** 20,
  bitsPerSecond: 4_000_000,
};
const DYING_PER_HOUR = 0.3;
const HOURS = 6;
/** Of --replicas, and how long it is watched. */
const DEFAULT_REPLICAS = 5, DEFAULT_HOURS = 10;
const REPLICAS = [2, 3, 4, DEFAULT_REPLICAS];

interface Run {
  readonly replicas: number;
  /** Share of the chunks that some living node looks after, at the end of each hour. */
  readonly surviving: readonly number[];
  /** Bytes a node was given in an hour, and said, on the mean. */
  readonly movedBytes: number;
  readonly spokenBytes: number;
  /** Chunks with fewer copies than are wanted, at the end. */
  readonly short: number;
}

/** Whether chunks outlive the nodes that hold them (S3-10). */
export function measureSurvival(seed: number): Part {
  const repaired = REPLICAS.map((replicas) => play(seed, replicas, true));
  const left = REPLICAS.map((replicas) => play(seed, replicas, false));
  const normal = repaired.find(({ replicas }) => replicas === DEFAULT_REPLICAS);
  const gone = 1 - (1 - DYING_PER_HOUR) ** DEFAULT_HOURS;
  return {
    title: "Copies near their place",
    markdown: [
      said(),
      table(
        [
          "Copies",
          `Chunks left after ${HOURS} h`,
          "without repair",
          "Copied, MiB per node and hour",
          "Said, KB per node and hour",
          "Fewer copies at the end",
        ],
        repaired.map((run, i) => [
          String(run.replicas),
          percent(run.surviving[HOURS - 1] ?? 0),
          percent(left[i]?.surviving[HOURS - 1] ?? 0),
          (run.movedBytes / 2 ** 20).toFixed(1),
          (run.spokenBytes / 1000).toFixed(0),
          percent(run.short),
        ]),
      ),
      `With ${DEFAULT_REPLICAS}, the default, ${percent(normal?.surviving.at(-1) ?? 0)} are left ` +
      `after ${DEFAULT_HOURS} hours, when ${percent(gone)} of the nodes that began are gone. A ` +
      "node that dies costs what it held once, and a newcomer is given what it is nearest to: " +
      "30 % of what a node holds, twice, in every hour. Where nodes stay for days it is as much " +
      "in as many days.",
    ].join("\n\n"),
    charts: [{ file: "market-survival.svg", chart: chartOf(repaired, left) }],
    figures: { "market.chunk_survival": normal?.surviving.at(-1) ?? 0 },
  };
}

function play(seed: number, replicas: number, isRepairing: boolean): Run {
  const world = new PlacementWorld({ ...CROWD, replicas, seed });
  world.publish(HOUR_MS / 2);
  world.churn(DYING_PER_HOUR, isRepairing);
  const hours = isRepairing && replicas === DEFAULT_REPLICAS ? DEFAULT_HOURS : HOURS;
  const surviving = Array.from({ length: hours }, () => {
    world.runFor(HOUR_MS);
    return world.surviving;
  });
  const nodeHours = CROWD.nodes * hours;
  return {
    replicas,
    surviving,
    movedBytes: world.movedBytes / nodeHours,
    spokenBytes: world.spokenBytes / nodeHours,
    short: world.copies().filter((count) => count < replicas).length / CROWD.chunks,
  };
}

function said(): string {
  return [
    `The product's \`PlacementPlan\` and \`OfferIntake\` at ${CROWD.nodes} nodes with 4 Mbit/s`,
    "and --replica-bytes 256MiB each. Publishers place 1,000 chunks of 1 MiB and go for good.",
    "Then 30 % of the nodes die in each hour, at any time and without a word, a newcomer with an",
    "empty store in the place of each. Modelled: routing tables, which name a dead node for half",
    "an hour yet and a newcomer within a minute; lookups; lines, over which one chunk travels at a",
    "time; an unanswered offer, which takes ten seconds to be one. A copy that a node has handed",
    "on counts as thrown away at once.",
  ].join(" ");
}

function chartOf(repaired: readonly Run[], left: readonly Run[]): Chart {
  const lines = (runs: readonly Run[], how: string): Series[] =>
    runs.filter(({ replicas }) => replicas % 2 === 1).map(({ replicas, surviving }) => ({
      name: `${replicas} copies, ${how}`,
      points: [[0, 1], ...surviving.map((share, hour) => [hour + 1, share] as const)],
    }));
  return {
    title: "Chunks left while 30 % of the nodes die in each hour",
    subtitle: `simulated; ${CROWD.nodes} nodes, ${CROWD.chunks} chunks`,
    xName: "virtual hours",
    yName: "share of the chunks",
    xMax: HOURS,
    yMax: 1,
    series: [...lines(repaired, "repaired"), ...lines(left, "left alone")],
  };
}
