/** A process that moves packets in memory and nothing else, to be run with BUN_JSC_logGC=1, which
 * makes Bun say how much was allocated before each collection. Prints how many packets it moved. */
import { usePrimitives } from "../src/crypto/mod.ts";
import { bunPrimitives } from "../src/runtime/bun/primitives.ts";
import { sealed, transfer } from "./transport_stages.ts";

usePrimitives(bunPrimitives);
console.log(transfer(sealed, Number(process.argv[2])).packets);
