import { type Address, isGlobalIp } from "../lib/mod.ts";

/** What a network says about addresses. */
export interface AddressPolicy {
  /** Network dev: loopback and private addresses are dialled and told, and are freed of the limits
   * counted by address. Off on main: hosters answer scans of private ranges with abuse mail
   * (ipfs/kubo#10327). */
  readonly allowsPrivateAddresses: boolean;
}

/** HTTP/3's port: the one privileged port that a node may well run at. */
const HTTPS_PORT = 443;

/** True if we may dial this address, keep it and tell others about it. On main it is global, and
 * its port is not one of a system service that our first packets could hit (DNS, NTP, …). */
export function isUsable(address: Address, policy: AddressPolicy): boolean {
  if (address.port === 0) return false;
  if (policy.allowsPrivateAddresses) return true;
  return isGlobalIp(address.ip) && (address.port >= 1024 || address.port === HTTPS_PORT);
}

/** True if limits per IP and per prefix count this address. */
export function isCounted(address: Address, policy: AddressPolicy): boolean {
  return !policy.allowsPrivateAddresses || isGlobalIp(address.ip);
}
