import type { Figure } from "../report.ts";
import { type Part, table } from "./part.ts";

interface Aim {
  readonly said: string;
  readonly isMet: (value: number) => boolean;
}

/** What the market is to show, by figure. */
const AIMS: Readonly<Record<string, Aim>> = {
  "market.revenue_vs_lru": { said: "at least 1.15", isMet: (value) => value >= 1.15 },
  "market.hit_ratio_gap": { said: "at most 0.02", isMet: (value) => value <= 0.02 },
  "market.sold_bandwidth_used": { said: "at least 0.95", isMet: (value) => value >= 0.95 },
  "market.chunk_survival": { said: "at least 0.999", isMet: (value) => value >= 0.999 },
  "market.sybil_share": { said: "at most 0.105", isMet: (value) => value <= 0.105 },
};

/** docs/market-claims.md. @param figures what the parts measured, one at least. */
export function claimsText(parts: readonly Part[], figures: readonly Figure[]): string {
  const [first] = figures;
  if (first === undefined) throw new RangeError("no part measured anything");
  const { machine, runtime, commit } = first;
  return [
    "# The market's claims, measured",
    `Written by \`make sim-market\`; nobody edits it. ${machine}, ${runtime}, ` +
    `commit ${commit}.`,
    "Everything here is simulated on virtual time; what of it is the product's own code, and " +
    "what a model, each section says.",
    table(["Figure", "Measured", "Aim"], figures.map(figureCells)),
    ...parts.map(section),
  ].join("\n\n") + "\n";
}

export function section({ title, markdown, charts }: Part): string {
  const plots = charts.map(({ file, chart }) => `![${chart.title}](${file})`);
  return [`## ${title}`, markdown.trim(), ...plots].join("\n\n");
}

function figureCells({ name, value }: Figure): string[] {
  const aim = AIMS[name];
  const said = aim === undefined ? "" : `${aim.said}: ${aim.isMet(value) ? "met" : "**not met**"}`;
  return [`\`${name}\``, value.toString(), said];
}
