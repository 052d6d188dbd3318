import { readFile } from 'node:fs/promises';
import { distance } from 'fastest-levenshtein';
import * as z from 'zod';
import { NetcostError } from '../errors.js';
import { describeYaml, readYaml } from '../yaml.js';
import { type AddressRange, parsePrefix } from './addresses.js';

/** One entry of `owners:`, as written, with its lists filled in. */
export interface OwnerEntry {
  readonly team: string;
  readonly env: string | undefined;
  readonly channel: string | undefined;
  /** Names in lower case: a question compares them without case. */
  readonly labels: ReadonlyMap<string, string>;
  readonly prefixes: readonly AddressRange[];
  readonly vpcs: readonly string[];
  readonly accounts: readonly string[];
  readonly tags: ReadonlyMap<string, string>;
  /** Where the entry comes from, for a person; absent = the owners file. */
  readonly source?: string;
  /** The address space (VRF) in which the prefixes hold; absent = in every one. */
  readonly space?: string;
}

/** One entry of `remotes:`, a name for addresses outside. */
export interface RemoteEntry {
  readonly name: string;
  readonly category: string | undefined;
  readonly prefixes: readonly AddressRange[];
}

export interface OwnersFile {
  readonly owners: readonly OwnerEntry[];
  readonly remotes: readonly RemoteEntry[];
  /** What was passed over, one sentence each: unknown words, entries that can match nothing. */
  readonly notes: readonly string[];
}

/**
 * Reads owners.yaml (contract, part 2). Permissive where the meaning is clear: a lone value for a list, numbers for
 * account ids and labels, a bare address for a prefix.
 * @throws NetcostError 'input' where the file cannot be read; 'config', in one line, naming file and entry, where it is wrong.
 */
export async function readOwnersFile(path: string): Promise<OwnersFile> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new NetcostError('input', `The owners file ${path} cannot be read (${reasonOf(cause)}).`, {
      cause,
      hint: 'Check the path that --owners or the config gives.',
    });
  }
  return parseOwners(text, path);
}

/** As `readOwnersFile`, from text. `name` is the file's name for messages. */
export function parseOwners(text: string, name = 'owners.yaml'): OwnersFile {
  let document: unknown;
  try {
    document = readYaml(text, { mapAsMap: true });
  } catch (cause) {
    throw wrong(name, `is not YAML: ${firstLine(cause)}`, cause);
  }
  if (document === undefined) return { owners: [], remotes: [], notes: [] };
  if (!(document instanceof Map)) {
    throw wrong(name, 'holds no mapping; it starts with "owners:" and, if wanted, "remotes:"');
  }
  const notes: string[] = [];
  checkWords(document, ['owners', 'remotes'], name, notes);
  const owners = listOf(document.get('owners'), 'owners', name).map((entry, i) =>
    readOwner(entry, `${name}: owners entry ${i + 1}`, notes),
  );
  const remotes = listOf(document.get('remotes'), 'remotes', name).map((entry, i) =>
    readRemote(entry, `${name}: remotes entry ${i + 1}`, notes),
  );
  return { owners, remotes, notes };
}

const word = z
  .union([z.string(), z.number(), z.bigint(), z.boolean()])
  .transform((value) => String(value).trim())
  .refine((value) => value !== '' && value.length <= 200, { error: 'a name of 1 to 200 characters' });
const oneOrMany = <T extends z.ZodType>(item: T) =>
  z.preprocess((v) => (v === undefined || v === null ? [] : Array.isArray(v) ? v : [v]), z.array(item));
const prefix = z.string().transform((text, context) => {
  const range = parsePrefix(text.trim());
  if (range) return range;
  context.addIssue({ code: 'custom', message: 'a CIDR prefix such as 10.20.0.0/20 or fd00:20::/56' });
  return z.NEVER;
});
// YAML reads an unquoted account id as a number and drops its leading zeros.
const account = word
  .transform((text) => text.padStart(12, '0'))
  .refine((text) => /^\d{12}$/.test(text), { error: 'an AWS account id of 12 digits' });
const vpc = word.refine((text) => /^vpc-[\w-]+$/i.test(text), { error: 'a VPC id such as vpc-0a1b2c3d' });
const words = z.preprocess((v) => v ?? new Map(), z.map(word, word));

const ownerSchema = z.object({
  team: word,
  env: word.nullish(),
  channel: word.nullish(),
  labels: words,
  prefixes: oneOrMany(prefix),
  vpcs: oneOrMany(vpc),
  accounts: oneOrMany(account),
  tags: words,
});
const remoteSchema = z.object({ name: word, category: word.nullish(), prefixes: oneOrMany(prefix) });

function readOwner(entry: unknown, where: string, notes: string[]): OwnerEntry {
  const read = readEntry(entry, ownerSchema, where, notes);
  const isEmpty = !read.prefixes.length && !read.vpcs.length && !read.accounts.length && !read.tags.size;
  if (isEmpty) {
    notes.push(`${where} (${read.team}) names no prefixes, vpcs, accounts or tags, so it owns nothing.`);
  }
  const labels = new Map<string, string>();
  for (const [key, value] of read.labels) {
    if (labels.has(key.toLowerCase()))
      throw wrong(where, `has the label "${key}" twice; labels are compared without case`);
    labels.set(key.toLowerCase(), value);
  }
  return {
    ...read,
    labels,
    env: read.env ?? undefined,
    channel: read.channel ?? undefined,
    vpcs: read.vpcs.map((id) => id.toLowerCase()),
  };
}

function readRemote(entry: unknown, where: string, notes: string[]): RemoteEntry {
  const read = readEntry(entry, remoteSchema, where, notes);
  if (!read.prefixes.length) notes.push(`${where} (${read.name}) names no prefixes, so it matches nothing.`);
  return { ...read, category: read.category ?? undefined };
}

function readEntry<T extends z.ZodObject>(entry: unknown, schema: T, where: string, notes: string[]): z.infer<T> {
  if (!(entry instanceof Map))
    throw wrong(where, `is ${describeYaml(entry)}, not a mapping such as { team: payments, … }`);
  const known = Object.keys(schema.shape);
  checkWords(entry, known, where, notes);
  // Only known words are copied, so that no word of the file can become a property of ours.
  const fields = Object.fromEntries(known.map((key) => [key, entry.get(key)]));
  const result = schema.safeParse(fields);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const [field, index] = issue.path;
  const given = entry.get(field);
  const got = typeof index === 'number' && Array.isArray(given) ? given[index] : given;
  if (got === undefined || got === null) throw wrong(where, `has no ${String(field)}`);
  throw wrong(where, `has ${String(field)} ${describeYaml(got)}; allowed is ${allowedOf(issue, String(field))}`);
}

/** A word that is nearly one of ours is a slip that would change who owns what; any other is somebody's own note. */
function checkWords(
  map: ReadonlyMap<unknown, unknown>,
  known: readonly string[],
  where: string,
  notes: string[],
): void {
  for (const key of map.keys()) {
    const text = String(key);
    if (known.includes(text)) continue;
    const near = known.find((name) => distance(name, text.toLowerCase()) <= (name.length > 4 ? 2 : 1));
    if (near) throw wrong(where, `has the unknown word ${describeYaml(text)}; did you mean "${near}"?`);
    notes.push(
      `${where} has the unknown word ${describeYaml(text)}, which is passed over; known are ${known.join(', ')}.`,
    );
  }
}

function listOf(value: unknown, field: string, name: string): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value))
    throw wrong(name, `has ${field} ${describeYaml(value)}; allowed is a list, one "- { … }" per entry`);
  return value;
}

function allowedOf(issue: z.core.$ZodIssue, field: string): string {
  if (field === 'labels' || field === 'tags') return 'names with one value each, such as { service: search }';
  if (issue.code === 'custom') return issue.message;
  if (field === 'prefixes') return 'a CIDR prefix such as 10.20.0.0/20 or fd00:20::/56';
  return 'a name';
}

function wrong(where: string, what: string, cause?: unknown): NetcostError {
  return new NetcostError('config', `${where} ${what}.`, { cause });
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : firstLine(cause);
}

function firstLine(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).split('\n')[0]!.replace(/[.:]$/, '').slice(0, 160);
}
