/** What must never stand in a log line, and what stands there instead. Order matters: blocks before their parts. */
const secrets: readonly (readonly [RegExp, string])[] = [
  // A private key in PEM, also when it is cut off or its line feeds are escaped.
  [/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g, '[redacted private key]'],
  // The same in base64, as the data of a Secret is: `-----BEGIN` starts every one of them.
  [/LS0tLS1CRUdJTi[A-Za-z0-9+/=_-]*/g, '[redacted PEM]'],
  // JSON Web Tokens (service account tokens among them), and the credentials of HTTP.
  [/\beyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?/g, '[redacted token]'],
  [/\b(Bearer)\s+[A-Za-z0-9._~+/-]{8,}=*/gi, '$1 [redacted]'],
  [/(authorization\W{1,6}Basic)\s+[A-Za-z0-9+/]+=*/gi, '$1 [redacted]'],
  // The private members of a JSON Web Key (RFC 7517, 9.3; RFC 7518, 6).
  [/(\\?"(?:d|p|q|dp|dq|qi|k)\\?"\s*:\s*\\?")[A-Za-z0-9_-]{16,}/g, '$1[redacted]'],
];

/** Longer texts are cut: a line of a log is read by people and bounded by collectors. */
const maxLength = 4096;

/** The text without private keys and bearer tokens, at most 4096 characters of it. */
export function redacted(text: string): string {
  let clean = text;
  for (const [pattern, replacement] of secrets) clean = clean.replace(pattern, replacement);
  return clean.length > maxLength ? `${clean.slice(0, maxLength)}[${clean.length - maxLength} more]` : clean;
}
