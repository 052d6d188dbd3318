import { CORE_SCHEMA, dump, load, YAMLException } from 'js-yaml';

/**
 * The value of a YAML 1.2 document; undefined where there is none. With `mapAsMap` mappings are Maps, so that no word of
 * the file can be a property of an object.
 * @throws Error whose message is one line: what is wrong, at which line and column.
 */
export function readYaml(text: string, { mapAsMap = false } = {}): unknown {
  let value: unknown;
  try {
    value = load(text, { schema: CORE_SCHEMA });
  } catch (cause) {
    throw new Error(reasonOf(cause), { cause });
  }
  return (mapAsMap ? asMaps(value, new Map()) : value) ?? undefined;
}

/** A value of a file in few words, for a message: aliases make of a few lines more than one can hold, or themselves. */
export function describeYaml(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a mapping';
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value ?? 'nothing');
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** The same value as YAML, in block style. */
export function writeYaml(value: unknown): string {
  return dump(value, { noRefs: true });
}

/** What several aliases share is made once: ten aliases of ten aliases of … are no more than they were in the text. */
function asMaps(value: unknown, made: Map<object, unknown>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const before = made.get(value);
  if (before !== undefined) return before;
  if (Array.isArray(value)) {
    const list: unknown[] = [];
    made.set(value, list);
    for (const item of value) list.push(asMaps(item, made));
    return list;
  }
  const map = new Map<string, unknown>();
  made.set(value, map);
  for (const [key, inner] of Object.entries(value)) map.set(key, asMaps(inner, made));
  return map;
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof YAMLException)) return 'it cannot be read';
  const reason = cause.reason.replace(/\s+/g, ' ').slice(0, 100);
  return cause.mark === undefined
    ? reason
    : `${reason} at line ${cause.mark.line + 1}, column ${cause.mark.column + 1}`;
}
