/** How a URL is spelled, where a cache in front may not tell two spellings apart. */

/** The path of a request's target, encoded as it came. @param target as it was sent, or a URL. */
export function targetPath(target: string): string {
  return target.replace(/^https?:\/\/[^/?#]*/i, "").split(/[?#]/, 1)[0] ?? "";
}

/** The name in a Host field, in lower case, without its port and the dot of a full name. */
export function hostName(host: string): string {
  return host.toLowerCase().replace(/:[0-9]*$/, "").replace(/\.$/, "");
}

/** True if nothing but this node reads the target's path as this path: no empty segments, and
 * nothing percent-encoded in what names the route and the id. Proxies decode paths and join slashes
 * for their keys and pass them on as they came, so what is wrong with `/file//<id>/a` alone would
 * be kept for `/file/<id>/a` too. Deeper segments are decoded here as there.
 * @param target as it was sent, or a URL. */
export function isPlainlySpelled(target: string): boolean {
  const path = targetPath(target);
  return !path.includes("//") && /^\/[^/%]*(?:\/[^/%]*(?:\/.*)?)?$/.test(path);
}

/** The fields of a query by the plain spelling of their names: `%66ormat=tar` asks for nothing, for
 * a cache that keys by `format` would keep the archive as the plain URL's answer.
 * @param search from the `?` on, or empty. */
export function plainQuery(search: string): URLSearchParams {
  const fields = search.slice(1).split("&");
  return new URLSearchParams(fields.filter((field) => !/^[^=]*%/.test(field)).join("&"));
}
