/** Fields of a log line: data, never sentences. */
type LogFields = Readonly<Record<string, unknown>>;

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** A structured log: a static message, the data in fields. */
export interface Log {
  readonly debug: (message: string, fields?: LogFields) => void;
  readonly info: (message: string, fields?: LogFields) => void;
  readonly warn: (message: string, fields?: LogFields) => void;
  readonly error: (message: string, fields?: LogFields) => void;
}

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
const DEPTH = 6;

/**
 * One JSON object a line: time, level, message, fields. Secrets are taken out by shape (Slack tokens, AWS keys,
 * response URLs, passwords in URLs) and by the name of their field, wherever they stand.
 */
export function createLog(options: {
  readonly write: (line: string) => void;
  readonly now: () => number;
  readonly level?: LogLevel;
}): Log {
  const least = LEVELS.indexOf(options.level ?? 'info');
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}) => {
      if (LEVELS.indexOf(level) < least) return;
      const line = {
        time: new Date(options.now()).toISOString(),
        level,
        message: redactText(message),
        ...(redact(fields, DEPTH) as object),
      };
      options.write(`${JSON.stringify(line)}\n`);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** A log that says nothing, for tests and for the terminal. */
export const SILENT: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const SECRET_NAME = /token|secret|password|authorization|cookie|credential|response_?url|signature|api_?key/i;
const SECRET_SHAPES: readonly [RegExp, string][] = [
  [/\bx(?:ox[a-z]|app)-[A-Za-z0-9-]{6,}/g, '[slack token]'],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, '[aws key id]'],
  [/https:\/\/hooks\.slack\.com\/[^\s"']+/g, '[response url]'],
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@]+:)[^\s@/]+@/gi, '$1[password]@'],
];

function redactText(text: string): string {
  return SECRET_SHAPES.reduce((clean, [shape, name]) => clean.replace(shape, name), text);
}

function redact(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return redactText(value);
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Error)
    return {
      name: value.name,
      message: redactText(value.message),
      stack: redactText(value.stack ?? ''),
      ...cause(value, depth),
    };
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return '[deeper]';
  if (Array.isArray(value)) return value.slice(0, 100).map((each) => redact(each, depth - 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      name,
      SECRET_NAME.test(name) && each !== undefined ? '[redacted]' : redact(each, depth - 1),
    ]),
  );
}

function cause(error: Error, depth: number): { cause?: unknown } {
  return error.cause === undefined || depth === 0 ? {} : { cause: redact(error.cause, depth - 1) };
}
