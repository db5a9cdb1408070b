import process from "node:process";

/** The environment variables at this moment; later changes are not seen. */
export function readEnvironment(): Readonly<Record<string, string | undefined>> {
  return Object.freeze({ ...process.env });
}
