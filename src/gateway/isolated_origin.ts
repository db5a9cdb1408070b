import { parseKey32 } from "../lib/mod.ts";

/** Where a request's content lies, and on whose origin it is shown. */
export interface Place {
  /** `/file/<meta>/…`, `/chunk/<id>` and so on, percent-encoded as it came. */
  readonly path: string;
  /** The content has an origin of its own, `<strong id>.<gateway host>`: the browser keeps it apart
   * from all other content, so its scripts may run. */
  readonly isIsolated: boolean;
}

/** What a host name and path mean under `gatewayHost`. A strong id is 52 letters and digits, so it
 * fits a DNS label (63); plain ids have no origin of their own, because two could be made to
 * collide. */
export function placeOf(host: string, path: string, gatewayHost: string | undefined): Place {
  if (gatewayHost === undefined) return { path, isIsolated: false };
  const name = hostName(host);
  const label = name.endsWith(`.${gatewayHost}`) ? name.slice(0, -gatewayHost.length - 1) : "";
  if (parseKey32(label) === undefined) return { path, isIsolated: false };
  return { path: `/file/${label}${path}`, isIsolated: true };
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

function hostName(host: string): string {
  return host.toLowerCase().replace(/:[0-9]*$/, "").replace(/\.$/, "");
}
