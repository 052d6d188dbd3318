import { existsSync } from 'node:fs';
import type { EngineSources } from '../answers/open-engine.js';
import { type Config, loadConfig } from '../config.js';
import { NetcostError } from '../errors.js';
import { copySourcesOf } from '../main/copy-sources.js';
import type { IngestPlaces } from '../main/ingest-from.js';
import { sourceEngines } from '../main/source-engines.js';

/** The flags that say where to read. */
export interface SourceFlags {
  readonly flowLogs?: string;
  readonly store?: string;
  readonly config?: string;
  readonly owners?: string;
  readonly ipRanges?: string;
  readonly asn?: string;
}

/**
 * Where a question reads: the flags, and for what they leave open the config. Flow logs and store belong together: with
 * either flag neither comes from the config, so that a folder looked at once is not brought into the bot's store.
 */
export function sourcesOf(flags: SourceFlags): EngineSources {
  if (flags.config === undefined) return flags;
  const config = loadConfig(flags.config);
  const { data } = config;
  const { flowLogs, store } = flags.flowLogs === undefined && flags.store === undefined ? data : flags;
  return {
    copies: copySourcesOf(config),
    flowLogs,
    store,
    owners: flags.owners ?? data.owners,
    ipRanges: flags.ipRanges ?? data.ipRanges,
    asn: flags.asn ?? data.asn,
    logFormat: data.logFormat,
  };
}

/** The config, where Athena or Logs Insights may answer for it: the flags name no other place to look. */
export function configOfAthena(flags: SourceFlags): Config | undefined {
  if (flags.config === undefined || flags.flowLogs !== undefined || flags.store !== undefined) return undefined;
  const config = loadConfig(flags.config);
  return config.data.engine === 'embedded' && sourceEngines(config).live.length === 0 ? undefined : config;
}

/** The same for names alone, which need no flow logs: a store of the config that nothing was brought into is passed over. */
export function nameSourcesOf(flags: SourceFlags): EngineSources {
  const sources = sourcesOf(flags);
  const isMissing = flags.store === undefined && sources.store !== undefined && !existsSync(sources.store);
  return isMissing ? { ...sources, store: undefined } : sources;
}

/**
 * From where to where flow logs are brought; flags win one by one.
 * @throws NetcostError 'usage' where neither flag nor config names one.
 */
export function ingestSourcesOf(flags: SourceFlags): IngestPlaces {
  const config = flags.config === undefined ? undefined : loadConfig(flags.config);
  const flowLogs = flags.flowLogs ?? config?.data.flowLogs;
  // A folder that is looked at once does not bring the bot's buckets along.
  const isWhole = config !== undefined && flags.flowLogs === undefined;
  const { buckets, logGroups } = isWhole ? sourceEngines(config) : { buckets: [], logGroups: [] };
  const store = flags.store ?? config?.data.store;
  if ((flowLogs === undefined && buckets.length === 0 && logGroups.length === 0) || store === undefined) {
    const missing = store === undefined ? 'store' : 'folder of flow logs';
    throw new NetcostError('usage', `No ${missing} is given.`, {
      hint: 'Give --flow-logs DIR and --store DIR, or --config FILE that names data.flowLogs, data.buckets or data.logGroups.',
    });
  }
  return {
    flowLogs,
    buckets,
    logGroups,
    accounts: config?.aws.accounts ?? [],
    store,
    logFormat: config?.data.logFormat,
  };
}
