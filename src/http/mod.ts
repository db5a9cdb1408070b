/** HTTP's own words, shared by the public gateway and the admin API: byte ranges, validators,
 * content types, file names, paths with an id in front, the body that streams proven bytes, and the
 * frame of a page. No routes, no policy, no sockets. Invariants: a body never ends early and looks
 * whole; nothing is decoded twice; whatever a stranger sends gives a value or a SkerryError, never
 * a crash. */
export * from "./accept.ts";
export * from "./base_page.tsx";
export * from "./content_path.ts";
export * from "./content_type.ts";
export * from "./disposition.ts";
export * from "./multipart.ts";
export * from "./range.ts";
export * from "./reachability.ts";
export * from "./redirect_rules.ts";
export * from "./redirects_file.ts";
export * from "./streaming.ts";
export * from "./tar.ts";
export * from "./validators.ts";
