import { readFileSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
import { readYaml } from '../src/yaml.js';
import { benchTeams } from './bench-questions.js';
import type { LogTruth } from './generate-logs.js';

// A program of its own: what a person would do without netcost. The team's last 24 h by remote, asked of the gzip
// objects of that day through DuckDB. Two threads, only the day's folder, typed columns: no handicap.
// node ask-raw.js LOGS OWNERS TRUTH

export interface RawTime {
  readonly ms: number;
  /** Bytes of all the team's remotes, as decimal text. */
  readonly bytes: string;
}

const COLUMNS: readonly (readonly [name: string, type: string])[] = [
  ...['version', 'account_id', 'interface_id', 'srcaddr', 'dstaddr'].map((name) => [name, 'VARCHAR'] as const),
  ...['srcport', 'dstport', 'protocol'].map((name) => [name, 'INTEGER'] as const),
  ...['packets', 'bytes', 'start_', 'end_'].map((name) => [name, 'BIGINT'] as const),
  ...['action', 'log_status', 'vpc_id', 'subnet_id', 'instance_id'].map((name) => [name, 'VARCHAR'] as const),
  ['tcp_flags', 'INTEGER'],
  ...['type', 'pkt_srcaddr', 'pkt_dstaddr', 'region', 'az_id', 'sublocation_type', 'sublocation_id'].map(
    (name) => [name, 'VARCHAR'] as const,
  ),
  ...['pkt_src_aws_service', 'pkt_dst_aws_service', 'flow_direction', 'traffic_path'].map(
    (name) => [name, 'VARCHAR'] as const,
  ),
];

async function askRaw(logs: string, owners: string, truth: LogTruth): Promise<RawTime> {
  const day = new Date(truth.endMs - 1).toISOString().slice(0, 10).replaceAll('-', '/');
  const file = readYaml(readFileSync(owners, 'utf8')) as { owners: { team: string; prefixes: string[] }[] };
  const prefixes = file.owners.find(({ team }) => team === benchTeams(truth).usual)!.prefixes;
  const stems = prefixes.map((prefix) => `'${prefix.replace(/0\/24$/, '')}'`).join(', ');
  const columns = COLUMNS.map(([name, type]) => `'${name}': '${type}'`).join(', ');
  const statement = `with leg as (
      select srcaddr, dstaddr, pkt_srcaddr, pkt_dstaddr, bytes, dstaddr <> pkt_dstaddr as up
      from read_csv('${logs}/AWSLogs/*/vpcflowlogs/*/${day}/*.log.gz', delim=' ', header=true, nullstr='-', compression='gzip',
        auto_detect=false, columns={${columns}})
      where action = 'ACCEPT' and log_status = 'OK' and (srcaddr <> pkt_srcaddr or dstaddr <> pkt_dstaddr)),
    pair as (select case when up then srcaddr else dstaddr end as client,
        case when up then pkt_dstaddr else pkt_srcaddr end as remote, sum(bytes) as bytes from leg group by 1, 2)
    select remote, sum(bytes)::hugeint as bytes, sum(sum(bytes)) over ()::hugeint as total
    from pair where rtrim(client, '0123456789') in (${stems}) group by remote order by bytes desc limit 10`;
  const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
  const connection = await instance.connect();
  const started = performance.now();
  const rows = (await connection.runAndReadAll(statement)).getRows();
  return { ms: performance.now() - started, bytes: String(rows[0]?.[2]) };
}

const [logs, owners, truthFile] = process.argv.slice(2) as [string, string, string];
process.stdout.write(
  JSON.stringify(await askRaw(logs, owners, JSON.parse(readFileSync(truthFile, 'utf8')) as LogTruth)),
);
process.exit(0);
