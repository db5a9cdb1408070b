import { OPEN_FORM_PAGE_POLICY, PAGE_POLICY } from "../http/mod.ts";

/** On every answer. CORS is constant, never reflected: an answer cached for one site must fit the
 * next (gateway.md §2, §6). */
export const COMMON_HEADERS: Readonly<Record<string, string>> = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers":
    "Content-Length, Content-Range, ETag, Server-Timing, X-Skerry-Path, X-Skerry-Roots, " +
    "X-Skerry-Price, X-Skerry-Source",
  "cross-origin-resource-policy": "cross-origin",
  "permissions-policy": "camera=(), microphone=(), geolocation=()",
  "referrer-policy": "no-referrer",
  "timing-allow-origin": "*",
  "x-content-type-options": "nosniff",
};

/** On answers to OPTIONS, preflight or not. */
export const PREFLIGHT_HEADERS: Readonly<Record<string, string>> = {
  allow: "GET, HEAD, OPTIONS",
  "access-control-allow-methods": "GET, HEAD, OPTIONS",
  "access-control-allow-headers":
    "Content-Type, If-None-Match, Range, User-Agent, X-Requested-With",
  "access-control-max-age": "86400",
};

/** On pages of our own making: no script, no frames, nothing from elsewhere. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": PAGE_POLICY,
};

/** On the page with the box that opens links. */
export const HOME_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": OPEN_FORM_PAGE_POLICY,
};

/** On published markup, and what browsers may take for it, that shares this origin with everybody
 * else's (path mode). */
export const SANDBOX_POLICY = "sandbox";
