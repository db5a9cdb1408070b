import type { HttpLimits } from "../../ports/mod.ts";

/** As ports/http_server.ts has them. */
export const HTTP_LIMITS: Required<HttpLimits> = {
  headerTimeoutMs: 5_000,
  idleTimeoutMs: 30_000,
  stallTimeoutMs: 30_000,
  responseTimeoutMs: 3_600_000,
  sendRateMin: 8_192,
  slowClientGraceMs: 20_000,
  connectionsMax: 16_384,
  streamsMax: 8_192,
};
