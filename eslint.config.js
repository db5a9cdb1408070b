// Only what deno lint cannot see, because it needs types: a promise that nobody waits for. Floors
// 0 to 3 need neither rule, tidy keeps promises out of them.
import tseslint from "typescript-eslint";

const DENO_FILES = ["src/runtime/deno/**/*.ts", "src/main_deno.ts"];

const noLostPromise = (files, ignores, typesFrom) => ({
  files,
  ignores,
  plugins: { "@typescript-eslint": tseslint.plugin },
  languageOptions: {
    parser: tseslint.parser,
    parserOptions: { ...typesFrom, tsconfigRootDir: import.meta.dirname },
  },
  linterOptions: { reportUnusedDisableDirectives: true },
  rules: {
    "@typescript-eslint/no-floating-promises": "error",
    "@typescript-eslint/no-misused-promises": "error",
  },
});

export default [
  // Nothing is looked for in the others, and naming one is no mistake.
  { files: ["**/*.{ts,tsx}"], languageOptions: { parser: tseslint.parser } },
  noLostPromise(
    ["src/{front,node,gateway,admin,runtime,cli}/**/*.{ts,tsx}", "src/main_bun.ts"],
    DENO_FILES,
    { projectService: true },
  ),
  noLostPromise(DENO_FILES, [], { project: "./test/support/tsconfig.deno.json" }),
];
