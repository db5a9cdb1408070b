import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "../support/harness.ts";
import { describedIn, metricsDocument, scrapedText } from "../support/metrics_text.ts";

const DOCUMENT = new URL("../../docs/metrics.md", import.meta.url).pathname;
const BUILD_LABELS = ["version", "commit", "runtime", "target"];
const LABELS = ["client", "le", "reason", "route", "status", ...BUILD_LABELS];
const text = await scrapedText();
const metrics = describedIn(text);

test("docs/metrics.md lists what a scrape gives (make metrics-doc rewrites it)", () => {
  const document = metricsDocument(metrics);
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(DOCUMENT, document);
  expect(readFileSync(DOCUMENT, "utf8")).toBe(document);
});

test("law: every sample has help and type, base units, and labels from closed lists", () => {
  const sampled = new Set(
    text.split("\n").filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => line.split(/[{ ]/)[0]?.replace(/_(bucket|sum|count)$/, "")),
  );
  expect([...sampled]).toEqual(metrics.map(({ name }) => name));
  for (const { name, type, help, labels } of metrics) {
    expect(name).toMatch(/^skerry_[a-z0-9]+(_[a-z0-9]+)*$/);
    expect([name, name.endsWith("_total")]).toEqual([name, type === "counter"]);
    expect(name).not.toMatch(/_(ms|milliseconds|kb|mb|kib|mib|kilobytes|minutes|hours)(_|$)/);
    expect(help).toMatch(/^[A-Z].*[^.]$/);
    for (const label of labels) expect(LABELS).toContain(label);
  }
});

const promtool = spawnSync("promtool", ["check", "metrics"], { input: text });
if (promtool.error !== undefined) {
  console.warn("no promtool: the metrics are not read by Prometheus itself");
} else {
  test("Prometheus reads the metrics and has nothing against them", () => {
    const { status, stdout, stderr } = promtool;
    expect([status, String(stdout), String(stderr)]).toEqual([0, "", ""]);
  });
}
