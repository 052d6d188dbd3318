import { type Logger, LogLevel } from '@slack/bolt';
import type { Log } from '../log.js';

/** Bolt's logger, writing into ours. Bolt's own words are the field `detail`; the message stays one that can be searched. */
export function boltLogger(log: Log): Logger {
  const say =
    (write: Log['info']) =>
    (...parts: unknown[]) =>
      write('bolt', { detail: parts.map(show).join(' ') });
  return {
    debug: () => {},
    info: say(log.debug),
    warn: say(log.warn),
    error: say(log.error),
    setLevel: () => {},
    getLevel: () => LogLevel.INFO,
    setName: () => {},
  };
}

function show(part: unknown): string {
  if (part instanceof Error) return `${part.name}: ${part.message}`;
  return typeof part === 'string' ? part : JSON.stringify(part);
}
