import { nearest } from "./nearest.ts";
import { environmentOf, SETTING_NAMES } from "./schema.ts";

const PREFIX = "SKERRY_";

/** A variable that sets nothing, and the one that was probably meant. */
export interface MisspelledVariable {
  readonly name: string;
  readonly meant: string;
}

/** What in the environment looks like a setting and is none. Only near misses count: a cluster puts
 * variables of its own (SKERRY_PORT, SKERRY_SERVICE_HOST) beside a service of that name. */
export function misspelledVariables(
  environment: Readonly<Record<string, string | undefined>>,
): MisspelledVariable[] {
  const known = SETTING_NAMES.map((name) => environmentOf(name).slice(PREFIX.length));
  return Object.keys(environment).sort().flatMap((name) => {
    const tail = name.slice(PREFIX.length);
    if (!name.startsWith(PREFIX) || known.includes(tail)) return [];
    const meant = nearest(tail, known);
    return meant === undefined ? [] : [{ name, meant: PREFIX + meant }];
  });
}
