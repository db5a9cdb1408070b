import { SkerryError } from "../../lib/mod.ts";

/** What a failed bind means to the person who chose the address. */
export function bindError(host: string, port: number, error: unknown): SkerryError {
  const text = String(error);
  if (/EADDRINUSE|AddrInUse|in use/i.test(text)) {
    return new SkerryError(
      "ADDRESS_IN_USE",
      `Cannot open ${host} port ${port}: it is already in use; stop the other program or choose ` +
        "another port",
      { cause: error },
    );
  }
  return new SkerryError(
    "INVALID_CONFIG",
    `Cannot open ${host} port ${port}: ${text.replace(/^\w*Error: /, "")}; choose an address of ` +
      "this machine",
    { cause: error },
  );
}

/** True where a dual-stack bind failed because the machine has no IPv6. */
export function isIpv6Missing(error: unknown): boolean {
  return /EAFNOSUPPORT|EADDRNOTAVAIL|AddrNotAvailable|Address family not supported/i
    .test(String(error));
}
