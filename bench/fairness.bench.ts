/** The transport and the kernel's TCP at the same time on one emulated line of 100 Mbit/s and 50 ms
 * with a queue of one bandwidth-delay product, real processes at both ends: who gets how much. Two
 * TCPs beside each other tell what the same line makes of equals. Needs root, gcc, iproute2 and
 * iperf3. Run: make bench-fairness (RUNS=n, three
 * minutes each; ROWS=cubic_beside_tcp_cubic,… for some pairings) */
import { spawn } from "node:child_process";
import process from "node:process";
import { LOOPBACK_DEFAULTS, type LoopbackScenario } from "../src/bench/mod.ts";
import { type EmulatedLink, type LinkEnd, whyNoLink } from "../test/support/emulated_link.ts";
import { runCommand } from "../test/support/processes.ts";
import { openRoomyLink, spawnAt, spawnTcpServer } from "./link_ends.ts";
import { report } from "./report.ts";

const RUNS = Number(process.env["RUNS"] ?? 5);
const LINE = { rttMs: 50, lossPercent: 0, megabitsPerSecond: 100 };
const WARM_UP_MS = 8_000;
const COUNTED_MS = 20_000;
/** The second flow begins so much later; which is second changes from run to run. */
const LATE_MS = 500;
/** More than the line carries meanwhile. */
const CHUNKS = 1_024;
/** Octets on the line per octet of TCP's content. */
const TCP_HEADERS = 1_500 / 1_448;
const PORTS = [5_201, 5_202] as const;

interface Pairing {
  readonly name: string;
  /** Undefined: a TCP CUBIC stands in our place. */
  readonly ours: Control | undefined;
  readonly tcp: "cubic" | "bbr";
}

const PAIRINGS: readonly Pairing[] = [
  { name: "cubic_beside_tcp_cubic", ours: "cubic", tcp: "cubic" },
  { name: "bbr_lite_beside_tcp_cubic", ours: "bbr_lite", tcp: "cubic" },
  { name: "tcp_cubic_beside_tcp_cubic", ours: undefined, tcp: "cubic" },
  { name: "cubic_beside_tcp_bbr", ours: "cubic", tcp: "bbr" },
  { name: "bbr_lite_beside_tcp_bbr", ours: "bbr_lite", tcp: "bbr" },
  { name: "tcp_cubic_beside_tcp_bbr", ours: undefined, tcp: "bbr" },
];

type Control = LoopbackScenario["congestionControl"];

/** A flow from near to far. */
interface Flow {
  /** @returns why it had ended by itself, if it had. */
  stop(): string | undefined;
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function startOurs({ near, far }: EmulatedLink, control: Control): Promise<Flow> {
  const scenario: LoopbackScenario = {
    ...LOOPBACK_DEFAULTS,
    chunks: CHUNKS,
    warmUpChunks: 0,
    servingIp: near.ip,
    congestionControl: control,
  };
  const text = JSON.stringify(scenario);
  const server = spawnAt(near, ["bench", "--serve", text]);
  const target = await server.nextLine();
  if (target === undefined) throw new Error("the serving end ended early");
  const client = spawnAt(far, ["bench", "--fetch", text, "--target", target]);
  let ended: string | undefined;
  void client.nextLine().then((line) => void (ended = line ?? "nothing"));
  return {
    stop: () => {
      const said = ended;
      for (const end of [client, server]) end.stop();
      return said && `the fetching end ended early: ${said}`;
    },
  };
}

async function startTcp(
  { near, far }: EmulatedLink,
  control: string,
  port: number,
): Promise<Flow> {
  const server = await spawnTcpServer(near, port);
  const seconds = String(Math.ceil((WARM_UP_MS + COUNTED_MS + 5_000) / 1_000));
  const flags = ["--client", near.ip, "--port", String(port), "--time", seconds, "--reverse"];
  const [program = "", ...rest] = [...far.inside, "iperf3", ...flags, "--congestion", control];
  const client = spawn(program, rest, { stdio: "ignore" });
  let hasEnded = false;
  client.on("exit", () => void (hasEnded = true));
  return {
    stop: () => {
      const isEarly = hasEnded;
      for (const end of [client, server]) end.kill("SIGKILL");
      return isEarly ? `iperf3 with ${control} ended early` : undefined;
    },
  };
}

/** IP octets that have come to `end`. */
async function octetsAt(end: LinkEnd): Promise<number> {
  const { stdout } = await runCommand([...end.inside, "cat", "/proc/net/netstat"], {});
  const [names = [], values = []] = stdout.split("\n").filter((line) => line.startsWith("IpExt:"))
    .map((line) => line.split(/\s+/));
  return Number(values[names.indexOf("InOctets")]);
}

/** Octets on the line of TCP's content that has come to `end`, by port of the peer. */
async function tcpOctetsAt(end: LinkEnd, port: number): Promise<number> {
  const { stdout } = await runCommand([...end.inside, "ss", "-tinH", `dport = :${port}`], {});
  const received = [...stdout.matchAll(/bytes_received:(\d+)/g)].map(([, bytes]) => Number(bytes));
  return TCP_HEADERS * received.reduce((sum, bytes) => sum + bytes, 0);
}

/** One run. @returns IP octets that came of the first flow and of the TCP beside it. */
async function play({ ours, tcp }: Pairing, isTcpFirst: boolean): Promise<[number, number]> {
  const link = await openRoomyLink(LINE);
  const flows: Flow[] = [];
  let came: [number, number];
  let faults: string[] = [];
  try {
    const starts = [
      () => ours === undefined ? startTcp(link, "cubic", PORTS[0]) : startOurs(link, ours),
      () => startTcp(link, tcp, PORTS[1]),
    ];
    if (isTcpFirst) starts.reverse();
    for (const start of starts) {
      flows.push(await start());
      await sleep(LATE_MS);
    }
    await sleep(WARM_UP_MS);
    const counts = () => Promise.all([octetsAt(link.far), tcpOctetsAt(link.far, PORTS[1])]);
    const before = await counts();
    await sleep(COUNTED_MS);
    const after = await counts();
    const rival = after[1] - before[1];
    came = [after[0] - before[0] - rival, rival];
  } finally {
    faults = flows.flatMap((flow) => flow.stop() ?? []);
    link.close();
  }
  if (faults.length > 0) throw new Error(faults.join("; "));
  return came;
}

const reason = whyNoLink();
if (reason !== undefined) {
  console.error(reason);
  process.exit(1);
}
const wanted = process.env["ROWS"]?.split(",");
const runs = new Map<string, [number, number][]>();
for (let run = 0; run < RUNS; run++) {
  for (const pairing of PAIRINGS) {
    if (wanted?.includes(pairing.name) === false) continue;
    const shares = runs.get(pairing.name) ?? [];
    shares.push(await play(pairing, run % 2 === 1));
    runs.set(pairing.name, shares);
  }
}
for (const [name, flows] of runs) {
  const share = ([x, y]: [number, number]) => x / (x + y);
  const jain = ([x, y]: [number, number]) => (x + y) ** 2 / (2 * (x * x + y * y));
  const use = ([x, y]: [number, number]) => 8 * (x + y) / COUNTED_MS / 1_000;
  report(`fairness.${name}.share`, "of the two", flows.map(share));
  report(`fairness.${name}.jain`, "Jain's index", flows.map(jain));
  report(`fairness.${name}.line`, "Mbit/s", flows.map(use));
}
