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

/** The first certificate of a chain is the server's own (RFC 8446 §4.4.2). */
function certificateIn(text: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch {
    throw unusable("the certificate file holds no PEM certificate (-----BEGIN CERTIFICATE-----)");
  }
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
