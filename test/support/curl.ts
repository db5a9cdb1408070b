import { runCommand } from "./processes.ts";

export interface CurlResult {
  readonly status: number;
  readonly bytes: number;
  readonly firstByteMs: number;
  readonly totalMs: number;
  /** 10^6 bytes per second over the whole transfer. */
  readonly megabytesPerSecond: number;
  readonly exitCode: number;
}

/** Fetches `url` with the real curl into `output` (/dev/null to measure without a disk). */
export async function curl(
  url: string,
  output: string,
  ...flags: readonly string[]
): Promise<CurlResult> {
  const format = "%{http_code} %{size_download} %{time_starttransfer} %{time_total}";
  const command = ["curl", "--silent", "--output", output, "--write-out", format, ...flags, url];
  const { stdout, code } = await runCommand(command, { timeoutMs: 300_000 });
  const [status = 0, bytes = 0, first = 0, total = 0] = stdout.trim().split(" ").map(Number);
  return {
    status,
    bytes,
    firstByteMs: first * 1000,
    totalMs: total * 1000,
    megabytesPerSecond: total > 0 ? bytes / total / 1e6 : 0,
    exitCode: code,
  };
}
