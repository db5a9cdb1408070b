import { SkerryError } from "../../lib/mod.ts";

/** What a failed bind means to the person who chose the address.
 * @param protocol says which of the settings it came from: --udp is the only one of its kind. */
export function bindError(
  protocol: "UDP" | "TCP",
  host: string,
  port: number,
  error: unknown,
): SkerryError {
  const text = textOf(error);
  const deed = `Cannot open ${protocol} ${host} port ${port}`;
  if (/EADDRINUSE|AddrInUse|in use/i.test(text)) {
    const rule = "it is already in use; stop the other program or choose another port";
    return new SkerryError("ADDRESS_IN_USE", `${deed}: ${rule}`, { cause: error });
  }
  return new SkerryError("INVALID_CONFIG", `${deed}: ${ruleOf(text)}`, { cause: error });
}

function ruleOf(text: string): string {
  if (/EADDRNOTAVAIL|AddrNotAvailable|os error 99\b/i.test(text)) {
    return "this machine has no such address; choose one that it has, or 0.0.0.0 for all";
  }
  if (/EACCES|EPERM|PermissionDenied|os error 13\b/i.test(text)) {
    return "permission is denied; ports below 1024 are root's: choose a higher one, or give the " +
      "program CAP_NET_BIND_SERVICE";
  }
  return `${text.replace(/^\w*Error: /, "")}; choose an address of this machine`;
}

/** True where a dual-stack bind failed because the machine has no IPv6. */
export function isIpv6Missing(error: unknown): boolean {
  return /EAFNOSUPPORT|EADDRNOTAVAIL|AddrNotAvailable|Address family not supported/i
    .test(textOf(error));
}

/** Bun.listen's errors do not say in words what their code says. */
function textOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const text = String(error);
  return text.includes(code) ? text : `${text} (${code})`;
}
