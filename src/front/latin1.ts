const UTF8 = new TextEncoder();

/** Writes a text at the start of `into`, which has room, one byte for each of its characters: none
 * is beyond Latin-1. @returns `into`. */
export function writeLatin1(text: string, into: Uint8Array): Uint8Array {
  const { read, written } = UTF8.encodeInto(text, into);
  if (read === text.length && written === text.length) return into; // all of it is ASCII
  for (let i = 0; i < text.length; i++) into[i] = text.charCodeAt(i);
  return into;
}
