const ROOT = new URL("../..", import.meta.url).pathname;

/** `src/verifier` as one module for browsers. Bun only; the pinned bundler gives the same text each
 * time. */
export async function buildVerifier(): Promise<string> {
  const { outputs } = await Bun.build({
    entrypoints: [`${ROOT}src/verifier/mod.ts`],
    target: "browser",
    format: "esm",
    minify: true,
  });
  const [output] = outputs;
  if (output === undefined) throw new Error("the verifier was not built");
  return await output.text();
}
