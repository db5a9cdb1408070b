const WIDTH = {
  u8: 1,
  u16: 2,
  u24: 3,
  u32: 4,
  u48: 6,
  u64: 8,
  i64: 8,
  nonce12: 12,
  ip16: 16,
  invoice16: 16,
  tag16: 16,
  address19: 19,
  id20: 20,
  key32: 32,
  signature64: 64,
  sealed40: 40,
  sealed48: 48,
} as const;

/** Turns a field list into byte offsets, in order, without gaps. The list is the spec: no other
 * file holds a number of the layout. */
export function layout<const F extends Record<string, keyof typeof WIDTH>>(fields: F) {
  let bytes = 0;
  const at = {} as { [K in keyof F]: number };
  for (const name of Object.keys(fields) as (keyof F)[]) {
    at[name] = bytes;
    bytes += WIDTH[fields[name] as keyof typeof WIDTH];
  }
  return Object.freeze({ at: Object.freeze(at), bytes, fields });
}
