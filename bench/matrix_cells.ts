/** The whole matrix of protocol.md §2.6 as CSV and as a picture: one seed of every cell. */
import { appendFileSync, writeFileSync } from "node:fs";
import type { CongestionControl } from "../src/transport/mod.ts";
import { countedMs, MATRIX_CELLS, playCell } from "../test/support/matrix_cells.ts";
import { cellsPicture, type PlayedCell } from "./matrix_cells_picture.ts";
import { report } from "./report.ts";

const SEED = 1;
const COLUMNS = [
  "control",
  "rtt_ms",
  "rate_mbit_s",
  "loss_percent",
  "losses",
  "reordered",
  "buffer_bdp",
  "virtual_ms",
  "goodput_mbit_s",
  "share_of_line",
  "queue_p95_ms",
  "lost_percent",
  "spurious_losses",
  "probe_timeouts",
];

/** Plays every cell with each controller, adding a line to `${out}.csv` as each is done, and draws
 * `${out}.svg`. Prints per controller what share of the line its cells reached. */
export function playMatrix(controls: readonly CongestionControl[], out: string): void {
  const played: PlayedCell[] = [];
  writeFileSync(`${out}.csv`, `${COLUMNS.join(",")}\n`);
  for (const control of controls) {
    for (const cell of MATRIX_CELLS) {
      const { rttMs, mbit: rate, loss, reorder, bufferBdp } = cell;
      const { mbit, queueMs, lostRatio, spuriousLosses, probeTimeouts } = playCell(
        control,
        cell,
        SEED,
      );
      const share = mbit / rate;
      played.push({ control, cell, share });
      const path = [control, rttMs, rate, loss.percent, loss.kind, reorder, bufferBdp];
      const figures = [countedMs(cell), mbit, share, queueMs.p95, 100 * lostRatio];
      const counts = [spuriousLosses, probeTimeouts];
      const line = [...path, ...figures.map((value) => Number(value.toPrecision(4))), ...counts];
      appendFileSync(`${out}.csv`, `${line.join(",")}\n`);
    }
    const shares = played.filter((one) => one.control === control).map((one) => one.share);
    report(`matrix.${control}.cells`, "of the line", shares);
  }
  writeFileSync(`${out}.svg`, cellsPicture(played));
}
