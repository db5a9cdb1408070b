/** One metric without labels: kind, name with its unit, help, and where its value comes from. */
export type MetricRow<Key extends string> = readonly ["gauge" | "counter", string, string, Key];
