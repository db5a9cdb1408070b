/** The transport between two real processes over an emulated link of 50 ms, and the kernel's TCP by
 * iperf3 over the same, one after the other, start-up included. The emulator takes processor time
 * that the ends would have on a real link: told beside each figure, with what was left idle. Needs
 * root, gcc and iproute2. Run: make bench-link (RUNS=n, ROWS=100m-clean,… for some rows, PART=0.1
 * for a tenth of the bytes and seconds) */
import { readFileSync } from "node:fs";
import process from "node:process";
import { LOOPBACK_DEFAULTS, type LoopbackScenario, measureLoopback } from "../src/bench/mod.ts";
import { systemClock } from "../src/runtime/shared/clock.ts";
import { type EmulatedLink, whyNoLink } from "../test/support/emulated_link.ts";
import { runCommand } from "../test/support/processes.ts";
import { openRoomyLink, spawnAt, spawnTcpServer } from "./link_ends.ts";
import { cpuMs } from "./process_facts.ts";
import { report } from "./report.ts";

const RUNS = Number(process.env["RUNS"] ?? 5);
const PART = Number(process.env["PART"] ?? 1);
const RTT_MS = 50;
const TCP_SECONDS = Math.ceil(12 * PART);
const TICK_MS = 10;

type Control = LoopbackScenario["congestionControl"];

interface Row {
  readonly megabitsPerSecond: number;
  readonly lossPercent: number;
  /** About ten seconds' worth, or what a minute may bring. */
  readonly chunks: Readonly<Record<Control, number>>;
}

const ROWS: Readonly<Record<string, Row>> = {
  "100m-clean": { megabitsPerSecond: 100, lossPercent: 0, chunks: { cubic: 128, bbr_lite: 128 } },
  "100m-loss": { megabitsPerSecond: 100, lossPercent: 1, chunks: { cubic: 12, bbr_lite: 128 } },
  "1g-clean": { megabitsPerSecond: 1_000, lossPercent: 0, chunks: { cubic: 768, bbr_lite: 768 } },
  "1g-loss": { megabitsPerSecond: 1_000, lossPercent: 1, chunks: { cubic: 12, bbr_lite: 512 } },
};
const CONTROLS: readonly Control[] = ["cubic", "bbr_lite"];

/** Samples by figure, in the order in which they are printed. */
const samples = new Map<string, { readonly unit: string; readonly values: number[] }>();

function note(name: string, unit: string, value: number): void {
  const figure = samples.get(name) ?? { unit, values: [] };
  figure.values.push(value);
  samples.set(name, figure);
}

/** Processor time that nobody wanted since the start, of all processors, ms. */
function idleMs(): number {
  const [, , , , idle = 0] = readFileSync("/proc/stat", "utf8").split(/\s+/).map(Number);
  return idle * TICK_MS;
}

/** Notes what the processors had to give while a transfer ran. */
async function watched(link: EmulatedLink, name: string, work: () => Promise<number>) {
  const before = { at: performance.now(), emulator: cpuMs(link.pid), idle: idleMs() };
  const rate = await work();
  const elapsedMs = performance.now() - before.at;
  note(`${name}_mb_s`, "MB/s", rate);
  note(`${name}_emulator_cpu`, "processors", (cpuMs(link.pid) - before.emulator) / elapsedMs);
  note(`${name}_idle_cpu`, "processors", (idleMs() - before.idle) / elapsedMs);
}

async function ours({ near, far }: EmulatedLink, row: Row, control: Control): Promise<number> {
  const scenario: LoopbackScenario = {
    ...LOOPBACK_DEFAULTS,
    chunks: Math.ceil(row.chunks[control] * PART),
    warmUpChunks: 0,
    servingIp: near.ip,
    congestionControl: control,
  };
  const spawnEnd = (args: readonly string[]) =>
    spawnAt(args.includes("--serve") ? near : far, args);
  return (await measureLoopback(systemClock, spawnEnd, scenario)).megabytesPerSecond;
}

/** @returns undefined where iperf3 or this congestion control is not to be had. */
async function tcp({ near, far }: EmulatedLink, control: string): Promise<number | undefined> {
  const server = await spawnTcpServer(near);
  const flags = ["--client", near.ip, "--time", `${TCP_SECONDS}`, "--congestion", control];
  const command = [...far.inside, "iperf3", ...flags, "--json"];
  const { code, stdout } = await runCommand(command, { timeoutMs: 60_000 });
  server.kill("SIGKILL");
  if (code !== 0) return undefined;
  const { end } = JSON.parse(stdout) as { end: { sum_received: { bits_per_second: number } } };
  return end.sum_received.bits_per_second / 8e6;
}

async function measure(name: string, row: Row): Promise<void> {
  const link = await openRoomyLink({ rttMs: RTT_MS, ...row });
  try {
    for (const control of CONTROLS) {
      await watched(link, `link.${name}.${control}`, () => ours(link, row, control));
    }
    for (const control of ["cubic", "bbr"]) {
      const rate = await tcp(link, control);
      if (rate !== undefined) note(`link.${name}.tcp_${control}_mb_s`, "MB/s", rate);
      else console.error(`left out: TCP with ${control}, which iperf3 or the kernel has not`);
    }
  } finally {
    link.close();
  }
}

const reason = whyNoLink();
if (reason !== undefined) {
  console.error(reason);
  process.exit(1);
}
const wanted = (process.env["ROWS"] ?? Object.keys(ROWS).join(",")).split(",");
for (let run = 0; run < RUNS; run++) {
  for (const name of wanted) {
    const row = ROWS[name];
    if (row === undefined) throw new RangeError(`ROWS has no ${name}: ${Object.keys(ROWS)}`);
    await measure(name, row);
  }
}
for (const [name, { unit, values }] of samples) report(name, unit, values);
