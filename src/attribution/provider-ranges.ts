import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { NetcostError } from '../errors.js';
import { parsePrefix } from './addresses.js';
import { buildPrefixTable, type PrefixEntry, type PrefixTable } from './prefixes.js';
import { PROVIDER_RANGES } from './provider-ranges-bundled.js';

/** Published ranges of one provider other than AWS, to stand in for the bundled ones of that name. */
export interface ProviderFile {
  readonly provider: string;
  readonly path: string;
}

/** The prefixes of a provider as a copy keeps them. */
export const ProviderCopy = z.array(z.string());

/** GitHub lists the same hosts under several names; the rest of its file are machines of other providers, or keys. */
const GITHUB_LISTS = ['hooks', 'web', 'api', 'git', 'packages', 'pages', 'github_enterprise_importer', 'copilot'];

/**
 * Who owns an address outside AWS, by the longest published prefix.
 * @throws NetcostError 'input' where a file cannot be read or has no prefix.
 */
export async function loadProviderTable(
  files: readonly ProviderFile[] = [],
  copies: readonly { readonly provider: string; readonly prefixes: readonly string[] }[] = [],
): Promise<PrefixTable<string>> {
  const replaced = new Set([...files, ...copies].map(({ provider }) => provider));
  const bundled = PROVIDER_RANGES.filter((known) => !replaced.has(known.provider)).flatMap((known) =>
    entriesOf(known.provider, known.prefixes.trim().split(/\s+/)),
  );
  const read = await Promise.all(files.map(readProviderFile));
  const copied = copies.flatMap(({ provider, prefixes }) => entriesOf(provider, prefixes));
  return buildPrefixTable([...bundled, ...read.flat(), ...copied]);
}

async function readProviderFile({ provider, path }: ProviderFile): Promise<PrefixEntry<string>[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new NetcostError('input', `The address ranges of ${provider}, ${path}, cannot be read.`, { cause });
  }
  const entries = entriesOf(provider, parseProviderRanges(text));
  if (entries.length > 0) return entries;
  throw new NetcostError('input', `The file ${path} holds no address range of ${provider}.`, {
    hint: 'Allowed are the published formats of Google, GitHub, Fastly, Cloudflare and Azure, or one prefix per line.',
  });
}

/**
 * The prefixes of a published file: Google's cloud.json, GitHub's meta, Fastly's public-ip-list, Azure's service tags,
 * or one prefix per line as Cloudflare has it. What is no prefix is passed over.
 */
export function parseProviderRanges(text: string): string[] {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return text.split(/\s+/).filter((word) => parsePrefix(word) !== undefined);
  }
  const root = fieldsOf(document);
  const lists: unknown[] = [root.get('addresses'), root.get('ipv6_addresses')];
  for (const name of GITHUB_LISTS) lists.push(root.get(name));
  for (const row of listOf(root.get('prefixes'))) {
    const fields = fieldsOf(row);
    lists.push([fields.get('ipv4Prefix'), fields.get('ipv6Prefix')]);
  }
  for (const tag of listOf(root.get('values'))) {
    const fields = fieldsOf(tag);
    if (fields.get('name') === 'AzureCloud') lists.push(fieldsOf(fields.get('properties')).get('addressPrefixes'));
  }
  const found = lists.flatMap((list) => listOf(list)).filter((item): item is string => typeof item === 'string');
  return [...new Set(found.filter((item) => parsePrefix(item) !== undefined))];
}

function entriesOf(provider: string, prefixes: readonly string[]): PrefixEntry<string>[] {
  return prefixes.flatMap((text) => {
    const range = parsePrefix(text);
    return range ? [{ range, value: provider }] : [];
  });
}

function fieldsOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(typeof value === 'object' && value !== null ? Object.entries(value) : []);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
