import { NetcostError } from '../errors.js';
import { compactAwsRanges } from './aws-ranges.js';
import { writeCopy } from './copies.js';
import { parseProviderRanges } from './provider-ranges.js';
import type { RefreshSource } from './refresh-copies.js';

/** Published tables have a few MB; more is no table. */
const MOST_BYTES = 64 * 1024 * 1024;
const FETCH_MS = 60_000;

/** AWS's published ranges, kept as the copy `copy`. */
export function awsRangesSource(dir: string, url: string, copy: string, nowMs: () => number): RefreshSource {
  return {
    name: 'AWS ip-ranges',
    copy,
    refresh: async (signal) => {
      const value = compactAwsRanges(await fetchText(url, signal), url);
      await writeCopy(dir, copy, { fetchedMs: nowMs(), value });
      return { says: `of ${value.date}` };
    },
  };
}

/** The published ranges of one provider, in any of the formats that parseProviderRanges knows. */
export function providerRangesSource(
  dir: string,
  provider: string,
  url: string,
  copy: string,
  nowMs: () => number,
): RefreshSource {
  return {
    name: `Ranges of ${provider}`,
    copy,
    refresh: async (signal) => {
      const value = parseProviderRanges(await fetchText(url, signal));
      if (value.length === 0) {
        throw new NetcostError('upstream', `${url} holds no address range of ${provider}.`);
      }
      await writeCopy(dir, copy, { fetchedMs: nowMs(), value });
      return { says: `${value.length} prefixes` };
    },
  };
}

async function fetchText(url: string, signal: AbortSignal): Promise<string> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(FETCH_MS)]);
  try {
    const response = await fetch(url, { signal: limit, headers: { accept: 'application/json, text/plain' } });
    if (!response.ok) throw new NetcostError('upstream', `${url} answered ${response.status}.`);
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > MOST_BYTES) throw new NetcostError('upstream', `${url} is longer than a table of addresses can be.`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  } catch (cause) {
    if (cause instanceof NetcostError) throw cause;
    const { cause: inner, message } = cause as { cause?: { code?: string }; message?: string };
    throw new NetcostError('upstream', `${url} cannot be fetched: ${inner?.code ?? message ?? 'no answer'}.`, {
      cause,
      hint: 'Mend ranges in the config, or set ranges.aws to false where there is no way out.',
    });
  }
}
