import type { LogGroup } from '../aws/log-group-source.js';
import type { FlowLogBucket } from '../aws/s3-flow-logs.js';
import type { Config } from '../config.js';
import { NetcostError } from '../errors.js';
import { bucketsOf, logGroupsOf } from './bucket-config.js';

/** A log group that questions may be asked of. */
export interface LiveGroup {
  readonly group: LogGroup;
  /** `auto`: its rows are brought into the store too, and only what is older is asked. */
  readonly engine: 'logs-insights' | 'auto';
}

/** What is brought into the store, and what is asked where it is. */
export interface SourceEngines {
  readonly buckets: readonly FlowLogBucket[];
  readonly logGroups: readonly LogGroup[];
  readonly live: readonly LiveGroup[];
}

const engineOfGroup = (data: Config['data'], engine: Config['data']['logGroups'][number]['engine']) =>
  engine ?? (data.engine === 'logs-insights' ? 'logs-insights' : 'embedded');

/** Whether anything of the config is brought into the store, so that there is something to count there. */
export function bringsLogs(data: Config['data']): boolean {
  return (
    data.flowLogs !== undefined ||
    data.buckets.some(({ engine }) => engine !== 'athena') ||
    data.logGroups.some(({ engine }) => engineOfGroup(data, engine) !== 'logs-insights')
  );
}

/**
 * The sources of a config by their engines: each one's own, else data.engine.
 * @throws NetcostError 'config' where an engine has nothing to ask.
 */
export function sourceEngines(config: Pick<Config, 'data' | 'aws'>): SourceEngines {
  const { data } = config;
  const groups = logGroupsOf(config).map((group, i) => ({
    group,
    engine: engineOfGroup(data, data.logGroups[i]!.engine),
  }));
  const live = groups.flatMap(({ group, engine }) => (engine === 'embedded' ? [] : [{ group, engine }]));
  if (data.engine === 'logs-insights' && live.length === 0) {
    throw refused(
      'data.engine is logs-insights, and no log group of data.logGroups is asked of it.',
      'Name the log group in data.logGroups, without engine: embedded.',
    );
  }
  if (data.athena === undefined && (data.engine === 'athena' || (data.engine === 'auto' && live.length === 0))) {
    throw refused(
      `data.engine is ${data.engine}, and data.athena is not set.`,
      'netcost ddl prints the tables and the lines for the config.',
    );
  }
  for (const { name, prefix, engine } of data.buckets) {
    const place = `s3://${name}/${prefix}`;
    if (engine === 'athena' && !data.athena?.tables.some(({ location }) => `${location}/`.startsWith(place))) {
      throw refused(
        `The bucket ${name} has engine: athena, and no table of data.athena lies in ${place}.`,
        'netcost ddl prints the tables; or leave engine out, so that its objects are read into the store.',
      );
    }
  }
  const names = new Set<string>();
  for (const { group } of groups) {
    const key = `${group.place.accountId} ${group.place.region} ${group.name}`;
    if (names.has(key)) {
      throw refused(`data.logGroups has ${group.name} of ${group.place.region} twice.`, 'Name each log group once.');
    }
    names.add(key);
  }
  return {
    buckets: bucketsOf(config).filter((_, i) => data.buckets[i]!.engine !== 'athena'),
    logGroups: groups.flatMap(({ group, engine }) => (engine === 'logs-insights' ? [] : [group])),
    live,
  };
}

const refused = (message: string, hint: string): NetcostError => new NetcostError('config', message, { hint });
