import { readFile } from 'node:fs/promises';
import { z } from 'zod';
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

const fileSchema = z.object({
  createDate: z.string().optional(),
  prefixes: z.array(z.looseObject({ ip_prefix: z.string(), service: z.string(), region: z.string() })).default([]),
  ipv6_prefixes: z
    .array(z.looseObject({ ipv6_prefix: z.string(), service: z.string(), region: z.string() }))
    .default([]),
});

/**
 * Reads AWS's ip-ranges.json in its published format; without a path, the bundled table of the date that it names.
 * @throws NetcostError 'input' where the file cannot be read or is of another format.
 */
export async function loadAwsRanges(path?: string): Promise<AwsRanges> {
  if (path === undefined) {
    const { AWS_RANGES_DATE, AWS_RANGES_TEXT } = await import('./aws-ranges-bundled.js');
    return {
      table: lazyPrefixTable(
        () => buildAwsTable(parseCompact(AWS_RANGES_TEXT, 4)),
        () => buildAwsTable(parseCompact(AWS_RANGES_TEXT, 6)),
      ),
      source: `AWS ip-ranges of ${AWS_RANGES_DATE}, bundled`,
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
  const entries: PrefixEntry<Published>[] = [];
  const add = (prefix: string, { service, region }: Published) => {
    const range = parsePrefix(prefix);
    if (range) entries.push({ range, value: { service, region } });
  };
  for (const row of file.data.prefixes) add(row.ip_prefix, row);
  for (const row of file.data.ipv6_prefixes) add(row.ipv6_prefix, row);
  const date = file.data.createDate?.slice(0, 10);
  return { table: buildAwsTable(entries), source: `AWS ip-ranges${date ? ` of ${date}` : ''}` };
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
