import { type HolePunchingLibc, punchHolesWith } from "../shared/punch_holes.ts";

/** Through Deno's FFI; says false where there is no glibc (other systems, musl) or no
 * --allow-ffi. */
export const punchHolesOnDeno = punchHolesWith(openLibc());

function openLibc(): HolePunchingLibc | undefined {
  if (Deno.build.os !== "linux") return undefined;
  try {
    const { symbols } = Deno.dlopen("libc.so.6", {
      open: { parameters: ["buffer", "i32"], result: "i32" },
      fallocate: { parameters: ["i32", "i32", "i64", "i64"], result: "i32" },
      close: { parameters: ["i32"], result: "i32" },
    });
    return symbols as unknown as HolePunchingLibc;
  } catch {
    return undefined;
  }
}
