import { buildInfoText } from "../../src/admin/build_info.ts";
import { HttpMetrics } from "../../src/gateway/http_metrics.ts";
import { Metrics, type MetricsSample } from "../../src/node/metrics.ts";

/** What a scrape of a node gives, with a sample of each label. */
export async function scrapedText(): Promise<string> {
  const anyNumber = <T extends object>(known: object): T =>
    new Proxy(known as T, { get: (target, key) => Reflect.get(target, key) ?? 1 });
  const payments = anyNumber({ refusals: { busy: 1 } });
  const market = anyNumber({ refusals: { credit: 1 }, payments });
  const sample = anyNumber<MetricsSample>({ drops: { auth_failed: 1 }, market });
  const http = new HttpMetrics();
  http.observe("file", 200, 7);
  const build = { version: "0.1.0", commit: "unknown", runtime: "bun 1", target: "linux-x64" };
  return await new Metrics(() => sample).text() + http.text(1, [["alice", 1]]) +
    buildInfoText(build);
}

/** One metric as a scrape describes it. */
export interface DescribedMetric {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels: readonly string[];
}

/** Reads the text format of Prometheus, version 0.0.4, as far as it describes metrics. */
export function describedIn(text: string): DescribedMetric[] {
  return [...text.matchAll(/^# HELP (\S+) (.+)\n# TYPE \1 (\S+)$/gm)].map(
    ([, name = "", help = "", type = ""]) => {
      const labels = new Set<string>();
      for (const [, pairs = ""] of text.matchAll(new RegExp(`^${name}(?:_bucket)?{(.*)} `, "gm"))) {
        for (const [, label = ""] of pairs.matchAll(/(\w+)="/g)) labels.add(label);
      }
      return { name, type, help, labels: [...labels] };
    },
  );
}

const SCRAPING = [
  "Who asks shows `Authorization: Bearer` with what `metrics.token` in the data directory holds: a",
  "token that opens nothing else and stays the same from start to start (the admin token, which",
  "changes with each, opens it too). The port is any free one unless `--admin` names it;",
  "[deploy/prometheus.yml](deploy/prometheus.yml) has both for Prometheus.",
];

const ABOUT = [
  "What `/metrics` of the admin API answers ([cli.md](cli.md)), in the text format of Prometheus",
  "0.0.4. Counters begin at 0 with each start. Units are bytes and seconds, and credit bytes",
  "([market.md](market.md)). Every label has a closed list of values, so no stranger can add a",
  "series: `route` is one of the gateway's routes, `status` one of its statuses, `reason` one of",
  "the reasons why bytes of a peer are dropped, why a peer is not served (credit, price, rank), or",
  "why it may not pay (none: no credit is sold; busy, stale, refused, failed, rank); `client` is a",
  "name in the operator's `--client-file`; those of `skerry_build_info` are what `skerry version`",
  "prints.",
  "This table is written by `make metrics-doc`.",
];

/** docs/metrics.md. */
export function metricsDocument(metrics: readonly DescribedMetric[]): string {
  const rows = metrics.map(({ name, type, help, labels }) =>
    `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(", ")} | ${help} |`
  );
  return [
    "# Metrics",
    "",
    ABOUT.join(" "),
    "",
    SCRAPING.join(" "),
    "",
    "| Metric | Type | Labels | What it counts |",
    "|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}
