import { isIP } from 'node:net';

const MAX_ADDRESSES = 20;
const CANDIDATE = /[0-9a-fA-F:.]*[.:][0-9a-fA-F:.]+/g;

/** The IP addresses in a message: its text, its blocks, its attachments. In order, each once, at most twenty. */
export function findAddresses(message: unknown): readonly string[] {
  const found = new Set<string>();
  for (const text of textsOf(message, 8)) {
    for (const candidate of text.match(CANDIDATE) ?? []) {
      const address = candidate.replace(/[.:]+$/, '');
      const withoutPort = /^[\d.]+:\d+$/.test(address) ? address.slice(0, address.indexOf(':')) : address;
      if (isIP(withoutPort) !== 0) found.add(withoutPort);
      if (found.size === MAX_ADDRESSES) return [...found];
    }
  }
  return [...found];
}

/** Every string a person could read; ids and time stamps hold dots too, and are passed over. */
function textsOf(value: unknown, depth: number): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null || depth === 0) return [];
  if (Array.isArray(value)) return value.flatMap((each) => textsOf(each, depth - 1));
  return Object.entries(value).flatMap(([key, each]) =>
    /^(ts|thread_ts|type|.*_id|id|user|team|edited)$/.test(key) ? [] : textsOf(each, depth - 1),
  );
}
