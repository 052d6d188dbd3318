import { CORE_SCHEMA, dump, loadAll, realMapTag, YAMLException } from 'js-yaml';

const WITH_MAPS = CORE_SCHEMA.withTags(realMapTag);

/**
 * The value of a YAML 1.2 document; undefined where there is none. With `mapAsMap` mappings are Maps, whose keys keep
 * their kind and can be no property of an object.
 * @throws Error whose message is one line: what is wrong, at which line and column.
 */
export function readYaml(text: string, { mapAsMap = false } = {}): unknown {
  let documents: unknown[];
  try {
    // An alias costs nothing to write and doubles what it stands for: more than these nobody needs.
    documents = loadAll(text, { maxAliases: 1000, ...(mapAsMap ? { schema: WITH_MAPS } : {}) });
  } catch (cause) {
    throw new Error(reasonOf(cause), { cause });
  }
  if (documents.length > 1) throw new Error('several documents in one file, with "---" between them');
  return documents[0] ?? undefined;
}

/** The same value as YAML, in block style. */
export function writeYaml(value: unknown): string {
  return dump(value, { noRefs: true });
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof YAMLException) || cause.mark === undefined) return String(cause);
  return `${cause.reason} at line ${cause.mark.line + 1}, column ${cause.mark.column + 1}`;
}
