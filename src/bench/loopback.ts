import { CHUNK_BYTES } from "../content/mod.ts";
import type { Clock } from "../ports/mod.ts";
import type { EndFigures } from "./loopback_end.ts";
import type { LoopbackScenario } from "./loopback_scenario.ts";

/** Slower than 10 MB/s for a gigabyte is no measurement. */
const PATIENCE_MS = 120_000;

/** Another process of this program, which ends when this one does. */
export interface OwnProcess {
  /** The next line that it writes to its standard output; undefined once it has ended. */
  nextLine(): Promise<string | undefined>;
  stop(): void;
}

/** Starts one with these arguments. */
export type SpawnOwn = (args: readonly string[]) => OwnProcess;

export interface LoopbackFigures {
  /** 10^6 bytes of chunks per second. */
  readonly megabytesPerSecond: number;
  /** That carried the chunks. */
  readonly packets: number;
  /** Processor time per such packet, µs. */
  readonly sendingMicros: number;
  readonly receivingMicros: number;
}

/** Moves the chunks of a scenario between two fresh processes.
 * @throws {Error} with a sentence if a process ends early, a byte is wrong, or time is up. */
export async function measureLoopback(
  clock: Clock,
  spawn: SpawnOwn,
  scenario: LoopbackScenario,
): Promise<LoopbackFigures> {
  const text = JSON.stringify(scenario);
  const ends: OwnProcess[] = [];
  const start = (...args: string[]): OwnProcess => {
    const end = spawn(["bench", ...args]);
    ends.push(end);
    return end;
  };
  const cancelAlarm = clock.schedule(PATIENCE_MS, () => ends.forEach((end) => end.stop()));
  try {
    const server = start("--serve", text);
    const target = await lineOf(server, "serving");
    const received = figuresOf(
      await lineOf(start("--fetch", text, "--target", target), "fetching"),
    );
    const sent = figuresOf(await lineOf(server, "serving"));
    const bytes = scenario.chunks * CHUNK_BYTES;
    return {
      megabytesPerSecond: bytes / 1_000 / received.elapsedMs,
      packets: sent.sentPackets,
      sendingMicros: 1_000 * sent.cpuMs / sent.sentPackets,
      receivingMicros: 1_000 * received.cpuMs / sent.sentPackets,
    };
  } finally {
    cancelAlarm();
    for (const end of ends) end.stop();
  }
}

async function lineOf(end: OwnProcess, which: string): Promise<string> {
  const line = await end.nextLine();
  if (line === undefined) throw new Error(`The ${which} end of the transfer ended early`);
  return line;
}

function figuresOf(line: string): EndFigures {
  const said = JSON.parse(line) as EndFigures | { readonly failure: string };
  if ("failure" in said) throw new Error(`The transfer failed: ${said.failure}`);
  return said;
}
