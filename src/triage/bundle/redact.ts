/** What stands in place of a secret. */
const GONE = '[redacted]';

/** Fields whose values are secrets, key ids or addresses of people, by name in any casing. */
const SECRET_FIELDS =
  /^(accessKeyId|secretAccessKey|sessionToken|password|secret|secretString|secretBinary|token|authorization|privateKey|sourceIPAddress|signature|clientToken|userData)$/i;
/** Keys of AWS wherever they stand: access key ids, and what is announced as a secret. */
const KEY_IDS = /\b(?:AKIA|ASIA|AROA|AIDA|ABIA|ACCA)[A-Z0-9]{12,}\b/g;
const TOKENS = /\b(?:xox[abpsr]-[\w-]{8,}|ghp_\w{20,}|github_pat_\w{20,}|nbt_\w{8,}\.\w{20,})\b/g;

/**
 * A document without secrets, key ids and source addresses of people: for a bundle that may be shown to others.
 * Addresses of services ("ecs.amazonaws.com") and of hosts (in flow logs and inventory) stay: they are the evidence.
 * JSON inside a text, as in CloudTrailEvent and SNS messages, is redacted inside and stays JSON.
 */
export function redact(value: unknown): unknown {
  if (typeof value === 'string') return redactText(value);
  if (Array.isArray(value)) return value.map(redact);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      const isService = typeof inner === 'string' && /\.amazonaws\.com(\.cn)?$/.test(inner);
      if (SECRET_FIELDS.test(name) && inner !== null && inner !== undefined && !isService) return [name, GONE];
      return [name, redact(inner)];
    }),
  );
}

function redactText(text: string): string {
  const trimmed = text.trimStart();
  if (trimmed.startsWith('{') || trimmed.startsWith('[')) {
    try {
      return JSON.stringify(redact(JSON.parse(text)));
    } catch {
      // No JSON after all: treated as text.
    }
  }
  return text.replace(KEY_IDS, GONE).replace(TOKENS, GONE);
}
