// biome-ignore-all lint/suspicious/noTemplateCurlyInString: AWS's own placeholders
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { athenaDdl, fieldsOfFormat } from '../../../src/flows/ddl.js';
import { DEFAULT_FORMAT, FIELDS } from '../../../src/flows/fields.js';
import { compileAthena, LONGEST_STATEMENT } from '../../../src/query/athena/compile.js';
import { partitionFilter } from '../../../src/query/athena/rows.js';
import { parseQuestion } from '../../../src/query/parse.js';
import { athenaSources, flowTable } from '../../fixtures/athena-sources.js';

const nowMs = Date.UTC(2026, 10, 22, 12);
const compile = async (text: string, prefixes = 3) =>
  compileAthena(parseQuestion(text, { nowMs }), await athenaSources(prefixes)).sql;

it('stays below the length that Athena takes with 2,000 prefixes of owners and all of AWS’s', async () => {
  for (const words of [
    'by=team,service',
    'by=team,env label.tier=t1',
    'team=team-1 by=region,service',
    'by=provider',
    'by=team,provider service=S3 region=us-east-1',
    'by=label.tier,region team=!team-3 compare=previous',
  ]) {
    const sql = await compile(words, 2_000);
    expect(Buffer.byteLength(sql), words).toBeLessThan(LONGEST_STATEMENT);
  }
});

it('says so where a statement would be longer', async () => {
  await expect(compile('by=team', 40_000)).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringMatching(/statement of \d+ KiB; Athena takes 256/),
  });
});

/** The statement without what stands in quotes: what is left of it is ours alone. */
const withoutLiterals = (sql: string): string => sql.replace(/'(?:[^']|'')*'/g, "''").replace(/"(?:[^"]|"")*"/g, '""');

it('keeps values values: what a person types stands in quoted literals alone', async () => {
  const sources = await athenaSources(2);
  const compiled = (team: string): string =>
    compileAthena(
      { ...parseQuestion('by=team', { nowMs }), where: new Map([['team', [{ value: team, negated: false }]]]) },
      sources,
    ).sql;
  const plain = withoutLiterals(compiled('payments'));
  const hostile = [
    "'; drop table flow; --",
    "x' or 1=1 --",
    'a"b',
    '`',
    "\\'",
    '/*',
    '${x}',
    '?',
    '\u2019',
    '\0',
    "''",
  ];
  for (const value of hostile) expect(withoutLiterals(compiled(value)), value).toBe(plain);
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (value) => {
      expect(withoutLiterals(compiled(value))).toBe(plain);
    }),
    { numRuns: 200 },
  );
  expect(plain).not.toContain(';');
});

it('reads each table once, however many parts the answer has', async () => {
  const sql = await compile('by=team,service compare=previous since=2026-11-21..2026-11-21');
  expect(sql.match(/from "netcost"\."flow"/g)).toHaveLength(1);
});

it('names the partitions that can hold the window’s rows, months and years apart too', () => {
  const minutes = (from: string, to: string) => ({
    fromMinute: Date.parse(from) / 60_000,
    toMinute: Date.parse(to) / 60_000,
  });
  const newYear = minutes('2026-12-30T22:00Z', '2027-01-01T23:30Z');
  expect(partitionFilter(flowTable(), newYear)).toBe("p_day between '2026/12/30' and '2027/01/02'");
  expect(partitionFilter(flowTable({ layout: 'hive' }), newYear)).toBe(
    "((p_year = '2026' and p_month = '12' and p_day in ('30', '31')) or (p_year = '2027' and p_month = '01' and p_day in ('01', '02')))",
  );
  expect(partitionFilter(flowTable({ isHourly: true }), minutes('2026-11-21T08:10Z', '2026-11-21T09:00Z'))).toBe(
    "p_day between '2026/11/21' and '2026/11/21' and p_day || '/' || p_hour between '2026/11/21/08' and '2026/11/21/09'",
  );
});

const place = {
  location: 's3://logs/net',
  accounts: ['111122223333'],
  regions: ['us-east-1', 'eu-west-1'],
  firstDay: '2026/11/01',
};

it('makes a table of the log’s own format, in its order, with reserved words quoted', () => {
  const ddl = athenaDdl(flowTable({ fields: fieldsOfFormat('${end} ${start} ${pkt-srcaddr} ${bytes}') }), place);
  expect(ddl).toContain(
    '(\n  `end` string,\n  `start` string,\n  `pkt_srcaddr` string,\n  `bytes` string,\n  `netcost_beyond` string\n)',
  );
  expect(ddl).toContain("'projection.p_day.range' = '2026/11/01,NOW'");
  expect(ddl).toContain(
    "'storage.location.template' = 's3://logs/net/AWSLogs/${p_account}/vpcflowlogs/${p_region}/${p_day}'",
  );
});

it('makes typed columns for Parquet, and folders by hour in the Hive layout', () => {
  const ddl = athenaDdl(
    flowTable({ file: 'parquet', layout: 'hive', isHourly: true, fields: FIELDS.map(({ name }) => name) }),
    place,
  );
  expect(ddl).toContain('`bytes` bigint');
  expect(ddl).toContain('`tcp_flags` int');
  expect(ddl).toContain('aws-region=${p_region}/year=${p_year}/month=${p_month}/day=${p_day}/hour=${p_hour}');
  expect(ddl).not.toContain('netcost_beyond');
});

it('takes AWS’s default format for an empty one, and refuses what is no name of a field or a place', () => {
  expect(fieldsOfFormat('')).toEqual(DEFAULT_FORMAT);
  expect(() => fieldsOfFormat("${x'y}")).toThrow('is no field of a log format');
  expect(() => athenaDdl(flowTable({ name: 'a`b' }), place)).toThrow('is no name of an Athena table');
  expect(() => athenaDdl(flowTable(), { ...place, location: "s3://b/x'y" })).toThrow('cannot stand in a table');
  expect(() => athenaDdl(flowTable(), { ...place, regions: [] })).toThrow('No account or no Region');
});
