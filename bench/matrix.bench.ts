/** In the simulator: the gate rows (test/support/gate_rows.ts) over many seeds, every value as CSV,
 * all of them as a picture, each row as a JSON line; then every cell of the whole matrix
 * (test/support/matrix_cells.ts) as CSV and picture, which takes 25 minutes of one processor.
 *
 * SEEDS (20), MS of virtual time that count (20,000), OUT (docs/matrix): what to do and where to
 * write; the whole matrix goes to `${OUT}_cells`. ROWS, a pattern: those gate rows only, and no
 * files. PART=gates or PART=cells: one of the two. */
import { writeFileSync } from "node:fs";
import process from "node:process";
import { usePrimitives } from "../src/crypto/mod.ts";
import { nativePrimitives } from "../src/runtime/shared/native_primitives.ts";
import { GATE_ROWS, holds } from "../test/support/gate_rows.ts";
import { matrixPicture, type MatrixRow } from "./matrix_picture.tsx";
import { playMatrix } from "./matrix_cells.ts";
import { report } from "./report.ts";

const SEEDS = Number(process.env["SEEDS"] ?? 20);
const MS = Number(process.env["MS"] ?? 20_000);
const OUT = process.env["OUT"] ?? "docs/matrix";
const ROWS = process.env["ROWS"];
const PART = process.env["PART"] ?? (ROWS === undefined ? "both" : "gates");
const CONTROLS = ["cubic", "bbr_lite"] as const;

usePrimitives(nativePrimitives);

function measure(): MatrixRow[] {
  const done: MatrixRow[] = [];
  for (const row of GATE_ROWS) {
    if (ROWS !== undefined && !new RegExp(ROWS).test(row.key)) continue;
    for (const control of CONTROLS) {
      const bound = row.bounds[control];
      if (bound === undefined) continue;
      const ms = Math.max(MS, row.leastMs?.[control] ?? 0);
      const values = Array.from({ length: SEEDS }, (_, i) => row.measure(control, i + 1, ms));
      const isHeld = holds(row, bound, values);
      done.push({ row, control, bound, values, isHeld });
      report(`matrix.${control}.${row.key}`, row.unit, values);
      if (!isHeld) console.error(`${control}: ${row.title} is not held`);
    }
  }
  return done;
}

function csvOf(rows: readonly MatrixRow[]): string {
  const lines = rows.flatMap(({ row, control, bound, values, isHeld }) =>
    values.map((value, i) =>
      [
        control,
        row.key,
        row.unit,
        i + 1,
        Number(value.toPrecision(5)),
        bound.least ?? "",
        bound.most ?? "",
        isHeld ? "held" : "missed",
      ].join(",")
    )
  );
  return `control,row,unit,seed,value,least,most,row is\n${lines.join("\n")}\n`;
}

if (PART !== "cells") {
  const rows = measure();
  if (ROWS === undefined) {
    writeFileSync(`${OUT}.csv`, csvOf(rows));
    const subtitle = `${SEEDS} seeds of ${MS / 1_000} virtual s`;
    writeFileSync(`${OUT}.svg`, matrixPicture(rows, subtitle));
  }
}
if (PART !== "gates") playMatrix(CONTROLS, `${OUT}_cells`);
