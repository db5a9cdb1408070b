/** What program answers, as Prometheus text: a sample that is always 1, whose labels dashboards
 * join to others ("which version is this node?"). The values come from the build, no stranger's. */
export function buildInfoText(
  { version, commit, runtime, target }: {
    readonly version: string;
    readonly commit: string;
    readonly runtime: string;
    readonly target: string;
  },
): string {
  const labels = Object.entries({ version, commit, runtime, target })
    .map(([name, value]) => `${name}="${value.replaceAll(/[\\"\n]/g, "_")}"`);
  return [
    "# HELP skerry_build_info What program this is; always 1",
    "# TYPE skerry_build_info gauge",
    `skerry_build_info{${labels.join(",")}} 1`,
    "",
  ].join("\n");
}
