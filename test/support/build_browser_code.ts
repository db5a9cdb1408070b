const ROOT = new URL("../..", import.meta.url).pathname;

/** A room that browsers run, and the text that is served of it. */
export interface BrowserCode {
  readonly room: string;
  readonly servedAs: string;
  /** The source file that holds it, and its name there. */
  readonly heldIn: string;
  readonly constant: string;
}

export const BROWSER_CODE: readonly BrowserCode[] = [
  {
    room: "verifier",
    servedAs: "/verify.js",
    heldIn: "src/gateway/verify_js.ts",
    constant: "VERIFY_JS",
  },
  {
    room: "dashboard",
    servedAs: "/page.js",
    heldIn: "src/admin/dashboard_js.ts",
    constant: "DASHBOARD_JS",
  },
];

/** `src/<room>` as one module for browsers. Bun only; the pinned bundler gives the same text each
 * time. */
export async function buildBrowserCode({ room }: BrowserCode): Promise<string> {
  const { outputs } = await Bun.build({
    entrypoints: [`${ROOT}src/${room}/mod.ts`],
    target: "browser",
    format: "esm",
    minify: true,
  });
  const [output] = outputs;
  if (output === undefined) throw new Error(`${room} was not built`);
  return await output.text();
}

/** The source file that holds the built text: in base64, so that no quote in it needs another. */
export function sourceOf({ room, servedAs, constant }: BrowserCode, text: string): string {
  const lines = (btoa(text).match(/.{1,90}/g) ?? []).map((line) => `  "${line}",\n`);
  return `/** What ${servedAs} serves: src/${room}, by \`make browser-code\`; a test compares. */
export const ${constant} = atob([
${lines.join("")}].join(""));
`;
}
