import type { GatewayRequestHead } from "../../src/gateway/answer_key.ts";

export const CLIENT = { ip: "192.0.2.7", port: 4000 };

/** The head of a request, as the server tells it. */
export function headOf(
  target: string,
  fields: Readonly<Record<string, string>> = {},
  remote = CLIENT,
  method = "GET",
): GatewayRequestHead {
  const all: Readonly<Record<string, string>> = { host: "localhost:8080", ...fields };
  return { method, target, remote, header: (name) => all[name] };
}
