/** True if a Host header names one of `hosts` or a name below one of them, whatever the port. Any
 * page that a browser shows can resolve a name of its own to 127.0.0.1 (DNS rebinding) and would
 * then be of one origin with us; its name in Host gives it away. */
export function isOwnHost(header: string | undefined, hosts: readonly string[]): boolean {
  const name = (header ?? "").toLowerCase().replace(/:[0-9]*$/, "").replace(/\.$/, "");
  return hosts.some((host) => name === host || name.endsWith(`.${host}`));
}
