import { isIP } from 'node:net';
import { messageTexts } from './message-texts.js';

const MAX_ADDRESSES = 20;
const CANDIDATE = /[0-9a-fA-F:.]*[.:][0-9a-fA-F:.]+/g;

/** The IP addresses in a message: its text, its blocks, its attachments. In order, each once, at most twenty. */
export function findAddresses(message: unknown): readonly string[] {
  const found = new Set<string>();
  for (const text of messageTexts(message)) {
    for (const candidate of text.match(CANDIDATE) ?? []) {
      const address = candidate.replace(/[.:]+$/, '');
      const withoutPort = /^[\d.]+:\d+$/.test(address) ? address.slice(0, address.indexOf(':')) : address;
      if (isIP(withoutPort) !== 0) found.add(withoutPort);
      if (found.size === MAX_ADDRESSES) return [...found];
    }
  }
  return [...found];
}
