import { traceSvg } from "../admin/mod.ts";
import { formatMetaId, parseMetaId, SkerryError, utf8 } from "../lib/mod.ts";
import type { Trace } from "../node/mod.ts";
import { connectAdmin } from "./admin_client.ts";
import type { Request, SettingFlags } from "./args.ts";
import { EXIT, type ExitCode } from "./exit_codes.ts";
import type { CommandContext, Doors } from "./host.ts";
import { printJson } from "./output.ts";
import { absolute, loadSettings } from "./settings.ts";
import { interruptible } from "./signals.ts";
import { formatTable } from "./table.ts";

/** As a file's name: standard output. */
const STANDARD_OUTPUT = "-";

export async function runTrace(
  { host, doors }: CommandContext,
  { id, svg }: Extract<Request, { command: "trace" }>,
  flags: SettingFlags,
): Promise<ExitCode> {
  const { settings, dataDir } = await loadSettings(flags, host, doors.localFiles);
  const meta = parseMetaId(id);
  if (meta === undefined) {
    const shown = JSON.stringify(id.slice(0, 200));
    const rule = "is no id: give 40 hex digits, or a link of 52 characters";
    throw new SkerryError("INVALID_ID", `${shown} ${rule}`);
  }
  const client = await connectAdmin(dataDir, doors);
  const trace = await interruptible(
    host,
    (signal) => client.getJson<Trace>(`/v1/trace/${formatMetaId(meta)}`, signal),
  );
  const name = formatMetaId(meta);
  if (svg === STANDARD_OUTPUT) {
    await host.stdout.write(traceSvg(name, trace));
  } else {
    if (svg !== undefined) await writeText(doors, absolute(svg, host.cwd), traceSvg(name, trace));
    if (settings.json) await printJson(host, trace);
    else await host.stdout.write(traceText(name, trace) + drawn(svg));
  }
  return trace.found ? EXIT.done : EXIT.notFound;
}

const drawn = (svg: string | undefined): string => svg === undefined ? "" : `\ndrawn in ${svg}\n`;

async function writeText({ localFiles }: Doors, path: string, text: string): Promise<void> {
  const bytes = utf8(text);
  const file = await localFiles.openWrite(path);
  try {
    await file.write(0, bytes);
    await file.truncate(bytes.length);
  } finally {
    await file.close();
  }
}

function traceText(id: string, trace: Trace): string {
  const { rounds, holders, firstByteMs, totalMs, heldHere } = trace;
  const first = firstByteMs === undefined ? "no byte came" : `first byte after ${ms(firstByteMs)}`;
  const elsewhere = `${heldHere ? "nobody else has it" : "NOT FOUND"}, known after`;
  const verdict = holders.length > 0 ? `found, ${first}, trace over after` : elsewhere;
  const here = heldHere ? "held here\n" : "";
  const head = `${id}\n${here}${verdict} ${ms(totalMs)}\n`;
  const numbered = rounds.map((round, index) => ({ ...round, number: index + 1 }));
  const asked = numbered.length === 0 ? "\nno other node was asked\n" : `\n${
    formatTable([
      { head: "round", cell: (round) => String(round.number), align: "right" },
      { head: "asked", cell: (round) => String(round.asked), align: "right" },
      { head: "answered", cell: (round) => String(round.answered), align: "right" },
      { head: "took", cell: (round) => ms(round.ms), align: "right" },
    ], numbered)
  }`;
  const held = holders.length === 0 ? "" : `\n${
    formatTable([
      { head: "holder", cell: (holder) => holder.nodeId },
      { head: "address", cell: (holder) => holder.address },
      { head: "rtt", cell: ({ rttMs }) => rttMs === undefined ? "-" : ms(rttMs), align: "right" },
      { head: "price", cell: ({ priceFactor }) => String(priceFactor ?? "-"), align: "right" },
      {
        head: "paid",
        cell: ({ paidCb }) => paidCb === undefined ? "-" : `${paidCb} cb`,
        align: "right",
      },
      { head: "result", cell: (holder) => holder.result },
    ], holders)
  }`;
  return head + asked + held;
}

const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`;
