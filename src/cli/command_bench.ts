import {
  cipherFigures,
  fetchLoopback,
  hashFigures,
  LOOPBACK_DEFAULTS,
  type LoopbackScenario,
  measureLoopback,
  packetRate,
  parseScenario,
  type PartFigure,
  serveLoopback,
} from "../bench/mod.ts";
import type { BenchEnd, Request, SettingFlags } from "./args.ts";
import { EXIT, type ExitCode } from "./exit_codes.ts";
import type { CommandContext } from "./host.ts";
import { wantsJson } from "./settings.ts";

/** What is moved between two processes. */
const TRANSFERS: Readonly<Record<string, LoopbackScenario>> = {
  raw: LOOPBACK_DEFAULTS,
  verified: { ...LOOPBACK_DEFAULTS, isVerified: true },
  jumbo: { ...LOOPBACK_DEFAULTS, datagramBytes: 8_952 },
  portable: { ...LOOPBACK_DEFAULTS, chunks: 256, isPortable: true },
};

/** Measures this machine and prints a line per figure as it comes, or plays one end of a transfer
 * for a process that measures. Reads no settings but --json. */
export async function runBench(
  context: CommandContext,
  { end }: Extract<Request, { command: "bench" }>,
  flags: SettingFlags,
): Promise<ExitCode> {
  if (end !== undefined) return await playEnd(context, end);
  const { host, doors } = context;
  const isJson = wantsJson(flags, host.environment);
  const print = async (figures: readonly PartFigure[]): Promise<void> => {
    for (const figure of figures) {
      const value = Number(figure.value.toPrecision(4));
      const line = isJson
        ? JSON.stringify({ ...figure, value })
        : `${figure.name.padEnd(34)} ${value} ${figure.unit}`;
      await host.stdout.write(`${line}\n`);
    }
  };
  const { clock } = doors;
  await print(cipherFigures(clock));
  await print(hashFigures(clock));
  await print([
    await packetRate(clock, doors.openSocket, "udp.train_packets_s"),
    await packetRate(clock, doors.portable.openSocket, "udp.portable_packets_s"),
  ]);
  for (const [name, scenario] of Object.entries(TRANSFERS)) {
    const moved = await measureLoopback(clock, host.spawnOwn, scenario);
    await print([
      { name: `transport.${name}_mb_s`, value: moved.megabytesPerSecond, unit: "MB/s" },
      { name: `transport.${name}_send_cpu_us`, value: moved.sendingMicros, unit: "us/packet" },
      { name: `transport.${name}_receive_cpu_us`, value: moved.receivingMicros, unit: "us/packet" },
    ]);
  }
  return EXIT.done;
}

async function playEnd({ host, doors }: CommandContext, end: BenchEnd): Promise<ExitCode> {
  const scenario = parseScenario(end.scenario);
  host.onInputEnd(() => host.exitNow(EXIT.failed));
  if (scenario.isPortable) doors.portable.usePrimitives();
  const { openSocket } = scenario.isPortable ? doors.portable : doors;
  const { clock, random } = doors;
  const own = { clock, random, openSocket, cpuMs: () => host.cpuMs() };
  const say = (text: string): Promise<void> => host.stdout.write(`${text}\n`);
  const figures = end.kind === "serve"
    ? await serveLoopback(own, scenario, (target) => void say(target))
    : await fetchLoopback(own, scenario, end.target);
  await say(JSON.stringify(figures));
  return EXIT.done;
}
