/** Run before every test file (bunfig.toml): tests use the primitives that the product uses, and a
 * counter-example is printed together with the assertion it broke. */
import fc from "fast-check";
import { usePrimitives } from "../../src/crypto/mod.ts";
import { nativePrimitives } from "../../src/runtime/shared/native_primitives.ts";

usePrimitives(nativePrimitives);
fc.configureGlobal({ includeErrorInReport: true });
