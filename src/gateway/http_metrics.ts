/** Upper bounds of the first-byte histogram, seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;

/** What a request was for; a closed list, so that no stranger can add a series. */
export function routeName(path: string): string {
  const first = /^\/([a-z]*)/.exec(path)?.[1] ?? "";
  return ["chunk", "file", "name", "open", "status", "healthz", "readyz"].includes(first)
    ? first
    : path === "/"
    ? "home"
    : "other";
}

/** Counters of one gateway, as Prometheus text. */
export class HttpMetrics {
  /** By route, then by status. */
  readonly #requests = new Map<string, Map<number, number>>();
  /** Those that took no longer than the bound, and longer than the one before. */
  readonly #buckets = new Array<number>(BUCKETS.length).fill(0);
  #count = 0;
  #sumSeconds = 0;
  #sentBytes = 0;

  /** @param ms from the request to the answer's status line. @param answers so many of a kind. */
  observe(route: string, status: number, ms: number, answers = 1): void {
    let its = this.#requests.get(route);
    if (its === undefined) this.#requests.set(route, its = new Map());
    its.set(status, (its.get(status) ?? 0) + answers);
    const seconds = ms / 1000;
    this.#count += answers;
    this.#sumSeconds += seconds * answers;
    let bucket = 0;
    while (seconds > (BUCKETS[bucket] ?? Infinity)) bucket++;
    if (bucket < BUCKETS.length) this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + answers;
  }

  /** An answer has left, whole or not. @param bodyBytes of it. */
  sent(bodyBytes: number): void {
    this.#sentBytes += bodyBytes;
  }

  /** @param sentByClient bytes sent to each of those who show a token. */
  text(underWay: number, sentByClient: Iterable<readonly [name: string, bytes: number]>): string {
    const lines = [
      "# HELP skerry_http_requests_total Requests answered",
      "# TYPE skerry_http_requests_total counter",
    ];
    for (const [route, byStatus] of this.#requests) {
      for (const [status, count] of byStatus) {
        lines.push(`skerry_http_requests_total{route="${route}",status="${status}"} ${count}`);
      }
    }
    const perClient = "skerry_http_client_sent_bytes_total";
    lines.push(
      `# HELP ${perClient} Bytes of bodies sent to clients that show a token`,
      `# TYPE ${perClient} counter`,
    );
    for (const [client, bytes] of sentByClient) {
      lines.push(`${perClient}{client="${client}"} ${bytes}`);
    }
    const name = "skerry_http_first_byte_seconds";
    let within = 0;
    lines.push(
      "# HELP skerry_http_requests_under_way Requests whose answer has not left yet",
      "# TYPE skerry_http_requests_under_way gauge",
      `skerry_http_requests_under_way ${underWay}`,
      "# HELP skerry_http_sent_bytes_total Bytes of bodies sent to clients of the gateway",
      "# TYPE skerry_http_sent_bytes_total counter",
      `skerry_http_sent_bytes_total ${this.#sentBytes}`,
      `# HELP ${name} Time from a request to the first byte of its answer`,
      `# TYPE ${name} histogram`,
      ...BUCKETS.map((bound, i) => {
        within += this.#buckets[i] ?? 0;
        return `${name}_bucket{le="${bound}"} ${within}`;
      }),
      `${name}_bucket{le="+Inf"} ${this.#count}`,
      `${name}_sum ${this.#sumSeconds}`,
      `${name}_count ${this.#count}`,
    );
    return `${lines.join("\n")}\n`;
  }
}
