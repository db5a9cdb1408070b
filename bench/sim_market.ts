/** The market's claims (`make sim-market`): simulates every part of it, writes
 * docs/market-claims.md and its plots, and prints JSON lines. PART=name tries one part alone: its
 * section goes to stderr, its plots to dist/reports/, and docs/ stays as it is. */
import { mkdirSync, writeFileSync } from "node:fs";
import process from "node:process";
import { usePrimitives } from "../src/crypto/mod.ts";
import { nativePrimitives } from "../src/runtime/shared/native_primitives.ts";
import { writeChart } from "./chart.ts";
import { claimsText, section } from "./market_lab/claims_text.ts";
import { measureEqualUsers } from "./market_lab/equal_users.ts";
import { measureMadeUpIds } from "./market_lab/made_up_ids.ts";
import type { MeasurePart, Part } from "./market_lab/part.ts";
import { measureSoldBandwidth } from "./market_lab/sold_bandwidth.ts";
import { measureStoreReplay } from "./market_lab/store_replay.ts";
import { measureSurvival } from "./market_lab/survival.ts";
import { measureThrowAways } from "./market_lab/throw_aways.ts";
import { type Figure, report } from "./report.ts";

usePrimitives(nativePrimitives);

const PARTS: Readonly<Record<string, MeasurePart>> = {
  equal_users: measureEqualUsers,
  store_replay: measureStoreReplay,
  throw_aways: measureThrowAways,
  made_up_ids: measureMadeUpIds,
  sold_bandwidth: measureSoldBandwidth,
  survival: measureSurvival,
};
const SEED = 20_261;
const chosen = process.env["PART"];
const names = chosen === undefined ? Object.keys(PARTS) : [chosen];
const folder = new URL(chosen === undefined ? "../docs/" : "../dist/reports/", import.meta.url)
  .pathname;
mkdirSync(folder, { recursive: true });

const startedAt = performance.now();
const parts: Part[] = [];
const figures: Figure[] = [];
for (const name of names) {
  const measure = PARTS[name];
  if (measure === undefined) {
    throw new RangeError(`PART is "${name}": name one of ${Object.keys(PARTS).join(", ")}`);
  }
  const part = await measure(SEED);
  for (const [figure, value] of Object.entries(part.figures)) {
    figures.push(report(figure, "share", [value]));
  }
  for (const { file, chart } of part.charts) writeChart(`${folder}${file}`, chart);
  parts.push(part);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0).padStart(4);
  process.stderr.write(`${seconds} s  ${name}\n`);
}

if (chosen === undefined) writeFileSync(`${folder}market-claims.md`, claimsText(parts, figures));
else process.stderr.write(`\n${parts.map(section).join("\n\n")}\n`);
