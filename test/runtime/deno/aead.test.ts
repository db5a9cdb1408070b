import { nativeAead } from "../../../src/runtime/shared/native_primitives.ts";
import { aeadConformance } from "../../conformance/aead.ts";

aeadConformance("node:crypto on deno", nativeAead, nativeAead);
