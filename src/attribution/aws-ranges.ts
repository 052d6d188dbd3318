import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { NetcostError } from '../errors.js';
import { parsePrefix } from './addresses.js';
import { foldPrefixes, isNarrower, lazyPrefixTable, type PrefixEntry, type PrefixTable } from './prefixes.js';

/** What AWS publishes about an address, with one service picked by the contract's rule. */
export interface AwsPlace {
  readonly service: string;
  /** The Region of the picked prefix, `GLOBAL` included. */
  readonly region: string;
  /** For each service whose prefix is around the address: the Region of its longest prefix. */
  readonly regionOf: ReadonlyMap<string, string>;
}

export interface AwsRanges {
  readonly table: PrefixTable<AwsPlace>;
  /** Where the facts come from, for a person. */
  readonly source: string;
}

interface Published {
  readonly service: string;
  readonly region: string;
}

/** The ranges as a copy keeps them: a line is a service, a Region and their prefixes, as in the bundled table. */
export const AwsRangesCopy = z.object({ date: z.string(), text: z.string() });
export type AwsRangesCopy = z.infer<typeof AwsRangesCopy>;

const fileSchema = z.object({
  createDate: z.string().optional(),
  prefixes: z.array(z.looseObject({ ip_prefix: z.string(), service: z.string(), region: z.string() })).default([]),
  ipv6_prefixes: z
    .array(z.looseObject({ ipv6_prefix: z.string(), service: z.string(), region: z.string() }))
    .default([]),
});

/**
 * Reads AWS's ip-ranges.json in its published format; without a path, the copy that was fetched; without one, or where
 * it is older, the bundled table of the date that it names.
 * @throws NetcostError 'input' where the file cannot be read or is of another format.
 */
export async function loadAwsRanges(path?: string, copy?: AwsRangesCopy): Promise<AwsRanges> {
  if (path === undefined) {
    const { AWS_RANGES_DATE, AWS_RANGES_TEXT } = await import('./aws-ranges-bundled.js');
    const isNewer = copy !== undefined && copy.date >= AWS_RANGES_DATE;
    const text = isNewer ? copy.text : AWS_RANGES_TEXT;
    return {
      table: lazyPrefixTable(
        () => buildAwsTable(parseCompact(text, 4)),
        () => buildAwsTable(parseCompact(text, 6)),
      ),
      source: isNewer ? `AWS ip-ranges of ${copy.date}, fetched` : `AWS ip-ranges of ${AWS_RANGES_DATE}, bundled`,
    };
  }
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new NetcostError('input', `The AWS ranges ${path} cannot be read.`, {
      cause,
      hint: 'Check the path of --ip-ranges.',
    });
  }
  return parseAwsRanges(text, path);
}

/** As `loadAwsRanges`, from text in the published format. */
export function parseAwsRanges(text: string, name = 'ip-ranges.json'): AwsRanges {
  const { rows, date } = readPublished(text, name);
  const entries = rows.flatMap(({ prefix, service, region }): PrefixEntry<Published>[] => {
    const range = parsePrefix(prefix);
    return range ? [{ range, value: { service, region } }] : [];
  });
  return { table: buildAwsTable(entries), source: `AWS ip-ranges${date ? ` of ${date}` : ''}` };
}

/**
 * The published file as a copy keeps it: a tenth of its size, and no more is read of it than a question needs.
 * @throws NetcostError 'input' where it is of another format, has no date or no prefix: that is no newer table.
 */
export function compactAwsRanges(text: string, name: string): AwsRangesCopy {
  const { rows, date } = readPublished(text, name);
  const lines = new Map<string, string[]>();
  for (const { prefix, service, region } of rows) {
    const key = `${service} ${region}`;
    if (/\s/.test(service + region) || parsePrefix(prefix) === undefined) continue;
    const prefixes = lines.get(key) ?? [];
    prefixes.push(prefix);
    lines.set(key, prefixes);
  }
  if (date === undefined || lines.size === 0) {
    throw new NetcostError('input', `The AWS ranges ${name} have no ${date === undefined ? 'date' : 'prefixes'}.`);
  }
  return { date, text: [...lines].map(([key, prefixes]) => `${key} ${prefixes.join(' ')}`).join('\n') };
}

function readPublished(
  text: string,
  name: string,
): { readonly rows: readonly (Published & { readonly prefix: string })[]; readonly date: string | undefined } {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new NetcostError('input', `The AWS ranges ${name} are no JSON.`, { cause, hint: HINT });
  }
  const file = fileSchema.safeParse(document);
  if (!file.success) {
    throw new NetcostError('input', `The AWS ranges ${name} are not in the format of ip-ranges.json.`, {
      cause: file.error,
      hint: HINT,
    });
  }
  const { prefixes, ipv6_prefixes: ipv6, createDate } = file.data;
  return {
    rows: [
      ...prefixes.map(({ ip_prefix: prefix, service, region }) => ({ prefix, service, region })),
      ...ipv6.map(({ ipv6_prefix: prefix, service, region }) => ({ prefix, service, region })),
    ],
    date: createDate?.slice(0, 10),
  };
}

const HINT = 'Get it with: curl -o ip-ranges.json https://ip-ranges.amazonaws.com/ip-ranges.json';

/** Contract, part 2: any service before EC2, EC2 before AMAZON, then the longest prefix; then the first listed. */
function buildAwsTable(entries: readonly PrefixEntry<Published>[]): PrefixTable<AwsPlace> {
  const places = new Map<string, AwsPlace>();
  const longestFirst = [...entries].sort((a, b) => (isNarrower(a, b) ? -1 : isNarrower(b, a) ? 1 : 0));
  return foldPrefixes(longestFirst, (sorted) => {
    const regionOf = new Map<string, string>();
    let picked = sorted[0]!.value;
    for (const { value } of sorted) {
      if (!regionOf.has(value.service)) regionOf.set(value.service, value.region);
      if (rankOf(value.service) < rankOf(picked.service)) picked = value;
    }
    // One object per distinct place, so that neighbouring ranges with the same place join.
    const key = `${picked.service} ${[...regionOf].flat().join(' ')}`;
    const place = places.get(key) ?? { service: picked.service, region: picked.region, regionOf };
    places.set(key, place);
    return place;
  });
}

function rankOf(service: string): number {
  return service === 'AMAZON' ? 2 : service === 'EC2' ? 1 : 0;
}

/** The prefixes of one kind: reading them all takes as long as answering a question. */
function parseCompact(text: string, family: 4 | 6): PrefixEntry<Published>[] {
  return text
    .trim()
    .split('\n')
    .flatMap((line) => {
      const [service = '', region = '', ...prefixes] = line.split(' ');
      const value = { service, region };
      return prefixes.flatMap((prefix) => {
        if (prefix.includes(':') !== (family === 6)) return [];
        const range = parsePrefix(prefix);
        return range ? [{ range, value }] : [];
      });
    });
}
