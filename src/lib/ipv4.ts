/** Canonical IPv4 text, read by hand: ipaddr.js takes microseconds for an address, and a lookup
 * looks at hundreds. */

/** The address as a u32; undefined for anything but canonical dotted decimals (no leading zeros).
 */
export function ipv4Number(text: string): number | undefined {
  let address = 0, part = 0, digits = 0, dots = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 46) { // "."
      if (digits === 0 || ++dots > 3) return undefined;
      address = address * 256 + part;
      part = digits = 0;
      continue;
    }
    const digit = code - 48;
    if (digit < 0 || digit > 9 || (digits > 0 && part === 0)) return undefined;
    part = part * 10 + digit;
    if (++digits > 3 || part > 255) return undefined;
  }
  return dots === 3 && digits > 0 ? address * 256 + part : undefined;
}

/** First address and prefix length of every range that is not on the open network (IANA's
 * special-purpose registry, RFC 6890, as ipaddr.js has it). */
const RESERVED: readonly (readonly [string, number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.31.196.0", 24],
  ["192.52.193.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["192.175.48.0", 24],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3], // multicast, and all above
];

/** The same as numbers: first and last address of each range. */
const RANGES = RESERVED.map(([first, bits]) => {
  const start = ipv4Number(first) ?? 0;
  return { start, end: start + 2 ** (32 - bits) };
});

/** True for an address of the open network. */
export function isGlobalIpv4(address: number): boolean {
  for (const { start, end } of RANGES) if (address >= start && address < end) return false;
  return true;
}
