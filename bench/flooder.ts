/** Sends junk at a UDP port, in a process of its own, at a steady rate where the machine lets it.
 * Run: bun flooder.ts PORT DATAGRAMS_PER_SECOND, until SIGTERM; then says what it has done. */
import process from "node:process";

/** What it says. */
export interface FloodReport {
  readonly datagrams: number;
  readonly datagramsPerSecond: number;
  /** Of one processor, its own part of the kernel's work included. */
  readonly cpuShare: number;
}

const DATAGRAMS_PER_CALL = 64;
/** Random bytes, of which datagrams are pieces at random places: no two alike. */
const POOL_BYTES = 2 ** 20;
const DATAGRAM_BYTES_MAX = 1_400;
/** What a late wake-up may make up for. */
const BURST_MS = 5;
const MS_PER_SECOND = 1_000;
const US_PER_SECOND = 1_000_000;

if (import.meta.main) await flood(Number(process.argv[2]), Number(process.argv[3]));

async function flood(port: number, datagramsPerSecond: number): Promise<void> {
  const socket = await Bun.udpSocket({ socket: { error() {} } });
  const pool = new Uint8Array(POOL_BYTES);
  for (let at = 0; at < POOL_BYTES; at += 65_536) {
    crypto.getRandomValues(pool.subarray(at, at + 65_536));
  }
  const junk = (): Uint8Array => {
    const start = Math.floor(Math.random() * (POOL_BYTES - DATAGRAM_BYTES_MAX));
    return pool.subarray(start, start + 1 + Math.floor(Math.random() * DATAGRAM_BYTES_MAX));
  };
  const begin = performance.now();
  const cpuBefore = process.cpuUsage();
  let sent = 0;
  process.on("SIGTERM", () => {
    const seconds = (performance.now() - begin) / MS_PER_SECOND;
    const { user, system } = process.cpuUsage(cpuBefore);
    const report: FloodReport = {
      datagrams: sent,
      datagramsPerSecond: sent / seconds,
      cpuShare: (user + system) / US_PER_SECOND / seconds,
    };
    console.log(JSON.stringify(report));
    process.exit(0);
  });
  const perMs = datagramsPerSecond / MS_PER_SECOND;
  let allowance = 0;
  for (let last = begin;;) {
    const now = performance.now();
    allowance = Math.min(allowance + (now - last) * perMs, BURST_MS * perMs);
    last = now;
    while (allowance >= DATAGRAMS_PER_CALL) {
      const batch: (Uint8Array | number | string)[] = [];
      for (let i = 0; i < DATAGRAMS_PER_CALL; i++) batch.push(junk(), port, "127.0.0.1");
      socket.sendMany(batch);
      allowance -= DATAGRAMS_PER_CALL;
      sent += DATAGRAMS_PER_CALL;
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
