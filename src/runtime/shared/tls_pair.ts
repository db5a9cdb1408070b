import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { SkerryError } from "../../lib/mod.ts";
import type { TlsFacts, TlsPair } from "../../ports/mod.ts";

/** node:crypto as InspectTls. The messages hold no part of the key, and no cause that might. */
export function inspectTls({ certificate, privateKey }: TlsPair): TlsFacts {
  const leaf = certificateIn(certificate);
  if (!leaf.checkPrivateKey(keyIn(privateKey))) {
    const rule = "the private key belongs to another certificate";
    throw unusable(`${rule} (this one is for ${namesOf(leaf).join(", ")})`);
  }
  return {
    names: namesOf(leaf),
    notBeforeMs: Date.parse(leaf.validFrom),
    expiresMs: Date.parse(leaf.validTo),
  };
}

/** One certificate as PEM (RFC 7468 §5.1). Base64 has no "-", so none reaches into the next. */
const BLOCK = /^-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----\s[^-]*\n-----END \1-----\s*?$/gm;

/** The first certificate of a chain, which is the server's own (RFC 8446 §4.4.2). The others are
 * read too: with a damaged one Bun starts no server, and Deno sends a chain that clients refuse. */
function certificateIn(text: string): X509Certificate {
  const blocks = text.match(BLOCK) ?? [];
  if (/(?:BEGIN|END) (?:X509 |TRUSTED )?CERTIFICATE/.test(text.replace(BLOCK, ""))) {
    throw unusable("the certificate file has a BEGIN or END CERTIFICATE line without the other");
  }
  const [leaf] = blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch {
      const which = `certificate ${index + 1} of ${blocks.length}`;
      throw unusable(`${which} in the certificate file is damaged`);
    }
  });
  if (leaf !== undefined) return leaf;
  throw unusable("the certificate file holds no PEM certificate (-----BEGIN CERTIFICATE-----)");
}

function keyIn(text: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch {
    const form = "unencrypted PEM private key (-----BEGIN PRIVATE KEY-----)";
    throw unusable(`the key file holds no ${form}`);
  }
}

function unusable(rule: string): SkerryError {
  return new SkerryError("INVALID_CONFIG", `TLS is not possible: ${rule}`);
}

function namesOf({ subjectAltName, subject }: X509Certificate): string[] {
  const names = [...(subjectAltName ?? "").matchAll(/(?:DNS|IP Address):([^,\s]+)/g)]
    .map(([, name = ""]) => name);
  return names.length > 0 ? names : [subject.replaceAll("\n", ", ")];
}
