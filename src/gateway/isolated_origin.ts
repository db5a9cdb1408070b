import { parseKey32 } from "../lib/mod.ts";
import { hostName } from "./spelling.ts";

/** Where a request's content lies, and on whose origin it is shown. */
export interface Place {
  /** `/file/<meta>/…`, `/chunk/<id>` and so on, percent-encoded as it came. */
  readonly path: string;
  /** The content has an origin of its own, `<strong id>.<gateway host>`: the browser keeps it apart
   * from all other content, so its scripts may run. */
  readonly isIsolated: boolean;
}

/** What a host name and path mean where strong ids have origins below `originHosts`. A strong id is
 * 52 letters and digits, so it fits a DNS label (63); plain ids have no origin of their own: two
 * could be made to collide. */
export function placeOf(host: string, path: string, originHosts: readonly string[]): Place {
  const name = hostName(host);
  for (const originHost of originHosts) {
    const label = labelBelow(name, originHost);
    if (label !== undefined && parseKey32(label) !== undefined) {
      return { path: `/file/${label}${path}`, isIsolated: true };
    }
  }
  return { path, isIsolated: false };
}

/** What stands in front of `gatewayHost` in `host` without being a strong id; undefined if nothing
 * does. */
export function badLabel(host: string, gatewayHost: string | undefined): string | undefined {
  if (gatewayHost === undefined) return undefined;
  const label = labelBelow(hostName(host), gatewayHost);
  return label === undefined || parseKey32(label) !== undefined ? undefined : label;
}

function labelBelow(name: string, host: string): string | undefined {
  return name.endsWith(`.${host}`) ? name.slice(0, -host.length - 1) : undefined;
}

/** The same place as a link on its own origin: what a redirect must say. */
export function locationOf(place: Place, path: string): string {
  if (!place.isIsolated) return path;
  // `/file/<52 characters>` comes off; what is left begins with the slash behind it.
  return path.slice("/file/".length + 52) || "/";
}

/** Where a path under /file/ moves to once the gateway has origins to give: scheme-relative, so
 * that a proxy's TLS stays; undefined if the request did not come to `gatewayHost` itself. */
export function isolatedLocation(
  host: string,
  path: string,
  gatewayHost: string | undefined,
): string | undefined {
  if (gatewayHost === undefined || hostName(host) !== gatewayHost) return undefined;
  const [, id = "", rest = ""] = /^\/file\/([a-z2-7]{52})(\/.*)?$/.exec(path) ?? [];
  if (parseKey32(id) === undefined) return undefined;
  const port = /:[0-9]+$/.exec(host)?.[0] ?? "";
  return `//${id}.${gatewayHost}${port}${rest === "" ? "/" : rest}`;
}
