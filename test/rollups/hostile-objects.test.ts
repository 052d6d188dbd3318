import { mkdir, rename, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  keyOf,
  lineOf,
  natLegs,
  openBucket,
  row,
  type SmallBucket,
  textOf,
  V5,
  V11,
  writeFiles,
} from '../fixtures/small-bucket.js';

let bucket: SmallBucket;
beforeEach(async () => {
  bucket = await openBucket();
});
afterEach(() => bucket.remove());

const flow = (up: number, more = {}) => natLegs({ client: '10.20.1.10', remote: '52.1.2.3', up, more });
const good = textOf(V5, flow(1000));

describe('an object', () => {
  it('that could not be read stays a gap, however often the ingest tries it again', async () => {
    await bucket.put({ [keyOf()]: good, [keyOf({ hash: 'bbbb', suffix: 'log.parquet' })]: 'PAR1 and then nothing' });
    const first = await bucket.ingest();
    const second = await bucket.ingest();
    expect([first.unreadable.length, second.unreadable.length]).toEqual([1, 1]);
    const { total, coverage } = await bucket.ask('');
    expect({ bytes: total.bytes, lowerBound: coverage.lowerBound }).toEqual({ bytes: 1000n, lowerBound: true });
  });

  it('that was touched is not read again, and what takes its place afterwards counts once', async () => {
    await bucket.put({ [keyOf()]: good });
    await bucket.ingest();
    await utimes(join(bucket.flowLogs, keyOf()), new Date(), new Date(Date.now() + 60_000));
    const touched = await bucket.ingest();
    expect(touched.rows).toBe(0);
    expect((await bucket.ask('')).coverage.completeUntil).toBe('2026-11-21T10:00:59Z');
    await bucket.put({ [keyOf()]: textOf(V5, [...flow(1000), ...flow(5)]) });
    await bucket.ingest();
    expect((await bucket.ask('')).total.bytes).toBe(1005n);
  });

  it.each([
    ['one ingest', false],
    ['two', true],
  ])('cut off under one folder and whole under another counts once, read in %s', async (_name, apart) => {
    const whole = textOf(V5, [...flow(1000), ...flow(5)]);
    await bucket.put({ [`a/${keyOf()}`]: whole });
    if (apart) await bucket.ingest();
    await bucket.put({ [`b/${keyOf()}`]: textOf(V5, flow(1000)) });
    await bucket.ingest();
    expect((await bucket.ask('')).total.bytes).toBe(1005n);
  });

  it('corrupt in the middle gives what stands before the damage, and says so', async () => {
    const rows = Array.from(
      { length: 20_000 },
      (_, i) => flow(1000, { srcport: 1024 + ((i * 7919) % 60_000), 'interface-type': 'nat_gateway' })[0]!,
    );
    const packed = gzipSync(textOf(V11, rows));
    packed.fill(0xff, Math.floor(packed.length * 0.6), Math.floor(packed.length * 0.6) + 50);
    await bucket.put({ [keyOf()]: packed });
    const { total, coverage, caveats } = await bucket.askOnce('');
    expect(coverage.lowerBound).toBe(true);
    expect(caveats.join(' ')).toMatch(/could not be read to the end/);
    expect(Number(total.bytes)).toBeGreaterThan(20_000_000 * 0.5);
    expect(Number(total.bytes)).toBeLessThan(20_000_000 * 0.75);
  });

  it('cut off gives all that it holds', async () => {
    const packed = gzipSync(textOf(V5, [...flow(1000), ...flow(2000), ...flow(3000)]), { level: 0 });
    await bucket.put({ [keyOf()]: packed.subarray(0, packed.length - 12) });
    const { total, coverage } = await bucket.askOnce('');
    expect({ bytes: total.bytes, lowerBound: coverage.lowerBound }).toEqual({ bytes: 6000n, lowerBound: true });
  });

  it.each([
    ['garbage behind the end', (packed: Buffer) => Buffer.concat([packed, Buffer.from('garbage')])],
    ['several members', (packed: Buffer) => Buffer.concat([packed, gzipSync(textOf(V5, flow(0)))])],
    ['zeros behind the end', (packed: Buffer) => Buffer.concat([packed, Buffer.alloc(512)])],
  ])('with %s counts once', async (_name, spoil) => {
    await bucket.put({ [keyOf()]: spoil(gzipSync(good)) });
    expect((await bucket.askOnce('')).total.bytes).toBe(1000n);
  });

  it('without a line end is refused in bounded memory, and what follows is read', async () => {
    const endless = Buffer.alloc(8 * 1024 * 1024, 'a');
    await bucket.put({
      [keyOf()]: gzipSync(
        Buffer.concat([
          Buffer.from(good),
          ...Array<Buffer>(12).fill(endless),
          Buffer.from(`\n${lineOf(V5, flow(7)[0]!)}\n`),
        ]),
      ),
    });
    const { total, coverage } = await bucket.askOnce('');
    expect({ bytes: total.bytes, malformed: coverage.malformedLines }).toEqual({ bytes: 1007n, malformed: 1 });
  });

  it('without a header whose first line is damaged is read all the same', async () => {
    const lines = natLegs({ client: '10.20.1.10', remote: '52.1.2.3', up: 600, down: 400 }).map((one) =>
      lineOf(
        'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status',
        one,
      ),
    );
    await bucket.put({ 'export/eni-0nat-all/000000.gz': `bogus line\n${lines.join('\n')}\n` });
    expect((await bucket.askOnce('by=client')).total.bytes).toBe(1000n);
  });

  it.each([
    "it's; drop table legs --",
    'two\nlines',
    'back\\slash',
    'star*and[brackets]?',
    'blank s',
    'dir.log.gz/inner',
  ])('in a folder named %j is read', async (name) => {
    const parquet = join(bucket.flowLogs, name, 'rows.log.parquet');
    await mkdir(join(bucket.flowLogs, name), { recursive: true });
    await writeParquet(
      parquet,
      `select 'eni-0other' as interface_id, '10.20.1.10' as srcaddr, '10.20.0.5' as dstaddr, '10.20.1.10' as pkt_srcaddr,
        '52.1.2.3' as pkt_dstaddr, 443 as dstport, 500::bigint as bytes, 1763719200::bigint + 31536000 as start, 'ACCEPT' as action, 'OK' as log_status, 'nat_gateway' as interface_type`,
    );
    await bucket.put({ [`${name}/${keyOf()}`]: good });
    await bucket.ingest();
    expect((await bucket.ask('since=2026-01-01')).total.bytes).toBe(1500n);
  });

  it('behind a link to a folder is read once, and a ring of links ends', async () => {
    await bucket.put({ [`real/${keyOf()}`]: good });
    const elsewhere = join(bucket.dir, 'elsewhere');
    await mkdir(elsewhere);
    await writeFiles(elsewhere, { [keyOf({ hash: 'bbbb' })]: textOf(V5, flow(30)) });
    await symlink(elsewhere, join(bucket.flowLogs, 'linked'));
    await symlink(bucket.flowLogs, join(elsewhere, 'ring'));
    expect((await bucket.askOnce('')).total.bytes).toBe(1030n);
  });
});

async function writeParquet(path: string, select: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const beside = join(bucket.dir, 'made.parquet');
  await connection.run(`copy (${select}) to '${beside}' (format parquet)`);
  connection.closeSync();
  instance.closeSync();
  await rename(beside, path);
}

describe('a Parquet object', () => {
  const one = (columns: string) =>
    `select 'eni-0nat' as interface_id, 'nat_gateway' as interface_type, '10.20.1.10' as srcaddr, '10.20.0.5' as dstaddr,
     '10.20.1.10' as pkt_srcaddr, '198.18.2.3' as pkt_dstaddr, 'ACCEPT' as action, 'OK' as log_status, ${columns}`;

  it.each([
    [
      'int32',
      '443::integer as dstport, 6::integer as protocol, 3::integer as packets, 1000::integer as bytes, 1795255200::integer as start, 1795255259::integer as "end"',
    ],
    [
      'int64',
      '443::bigint as dstport, 6::bigint as protocol, 3::bigint as packets, 1000::bigint as bytes, 1795255200::bigint as start, 1795255259::bigint as "end"',
    ],
    [
      'strings',
      "'443' as dstport, '6' as protocol, '3' as packets, '1000' as bytes, '1795255200' as start, '1795255259' as \"end\"",
    ],
    [
      'doubles',
      '443::double as dstport, 6::double as protocol, 3::double as packets, 1000::double as bytes, 1795255200::double as start, 1795255259::double as "end"',
    ],
    [
      'decimals',
      '443 as dstport, 6 as protocol, 3 as packets, 1000::decimal(20,2) as bytes, 1795255200 as start, 1795255259 as "end"',
    ],
    [
      'timestamps',
      "443 as dstport, 6 as protocol, 3 as packets, 1000 as bytes, timestamp '2026-11-21 10:00:00' as start, timestamp '2026-11-21 10:00:59' as \"end\"",
    ],
    [
      'unsigned',
      '443::usmallint as dstport, 6::utinyint as protocol, 3::ubigint as packets, 1000::ubigint as bytes, 1795255200::ubigint as start, 1795255259::ubigint as "end"',
    ],
  ])('with numbers as %s', async (_name, columns) => {
    await writeParquet(join(bucket.flowLogs, 'a.log.parquet'), one(columns));
    const { total, rows, coverage } = await bucket.askOnce('by=port,protocol');
    expect({
      bytes: total.bytes,
      packets: total.packets,
      key: rows[0]?.key,
      malformed: coverage.malformedLines,
    }).toEqual({
      bytes: 1000n,
      packets: 3n,
      key: { port: 443, protocol: 'tcp' },
      malformed: 0,
    });
  });

  it('with line ends and blanks in a value makes no rows of them', async () => {
    const forged = lineOf(V5, flow(666_666)[0]!);
    const columns = '443 as dstport, 6 as protocol, 3 as packets, 1000 as bytes, 1795255200 as start';
    await writeParquet(
      join(bucket.flowLogs, 'a.log.parquet'),
      `${one(columns)}, 'x' || chr(10) || '${forged}' as ecs_service_name, 'a b' as "odd column"`,
    );
    expect((await bucket.askOnce('')).total.bytes).toBe(1000n);
  });

  it.each(['null', "'-'", "'None'", "''"])('with %s for what is not known', async (missing) => {
    const columns = `443 as dstport, 6 as protocol, 3 as packets, 1000 as bytes, 1795255200 as start, ${missing} as pkt_src_aws_service, ${missing} as pkt_dst_aws_service, ${missing} as resource_id, ${missing} as az_id`;
    await writeParquet(join(bucket.flowLogs, 'a.log.parquet'), one(columns));
    const { rows } = await bucket.askOnce('by=service,nataz');
    expect(rows).toMatchObject([{ key: { service: null, nataz: null }, bytes: 1000n }]);
  });
});

describe('values from a log', () => {
  it.each(["o'hara", 'a"b', 'x;drop', 'nul\0byte', '$(id)', '%00', '\\', 'ünï'])(
    'as hostile as %j break no question',
    async (nasty) => {
      const more = {
        'interface-id': nasty,
        'interface-type': 'nat_gateway',
        'vpc-id': nasty,
        'az-id': nasty,
        region: nasty,
        'instance-tag': nasty,
      };
      const workload = row({
        'interface-id': `eni-${nasty}`,
        'instance-id': nasty,
        'vpc-id': nasty,
        'account-id': nasty,
        srcaddr: '10.20.1.10',
        dstaddr: '52.1.2.3',
        'pkt-srcaddr': '10.20.1.10',
        'pkt-dstaddr': '52.1.2.3',
        bytes: 9,
        'flow-direction': 'egress',
        'instance-tag': nasty,
        'next-hop-interface-type': 'nat_gateway',
        'next-hop-interface-id': 'eni-0other',
      });
      await bucket.put({
        [keyOf()]: textOf(V11, [...natLegs({ client: '10.20.1.10', remote: '52.1.2.3', up: 1000, more }), workload]),
      });
      await bucket.ingest();
      for (const by of ['nat,nataz', 'workload,account', 'vpc,az', 'service,region']) {
        expect((await bucket.ask(`by=${by}`)).total.bytes).toBe(1009n);
      }
    },
  );
});

describe('a store', () => {
  it.each(['day=21/hour=3', "it's [odd] *?", 'context=7'])('in a folder named %j answers', async (storeName) => {
    const other = await openBucket({ storeName: `${storeName}/store` });
    try {
      await mkdir(join(other.dir, storeName), { recursive: true });
      await other.put({ [keyOf()]: good });
      await other.ingest();
      const answers = await Promise.all(
        ['by=client', 'since=2026-11-21..2026-11-21 by=day'].map((text) => other.ask(text)),
      );
      expect(answers.map(({ total }) => total.bytes)).toEqual([1000n, 1000n]);
    } finally {
      await other.remove();
    }
  });

  it('keeps sums beyond 64 bits, in rollups too', async () => {
    const huge = 2n ** 62n;
    const rows = Array.from({ length: 9 }, () =>
      natLegs({ client: '10.20.1.10', remote: '52.1.2.3', up: huge, down: huge + 1n }),
    ).flat();
    await bucket.put({ [keyOf()]: textOf(V5, rows) });
    await bucket.ingest();
    for (const text of ['by=client', 'since=2026-11-21..2026-11-21 by=day']) {
      const { total, rows: found } = await bucket.ask(text);
      expect(total.bytes, text).toBe(9n * (2n * huge + 1n));
      expect(found[0]!.bytesDown, text).toBe(9n * (huge + 1n));
    }
  });
});

describe('files that are no logs', () => {
  it('are passed over, without a word of a lower bound', async () => {
    await bucket.put({
      [keyOf()]: good,
      'AWSLogs/aws-logs-write-test': 'Permission Check Successful',
      'x/empty.log.gz': Buffer.alloc(0),
      'x/none.log.gz': gzipSync(''),
      'notes.md': '# Notes\n\nNothing.',
    });
    await mkdir(join(bucket.flowLogs, 'folder.log.gz'));
    await writeFile(join(bucket.flowLogs, '.hidden'), good);
    const { total, coverage } = await bucket.askOnce('since=2026-11-21T10:00..2026-11-21T10:30');
    expect({ bytes: total.bytes, coverage }).toMatchObject({
      bytes: 1000n,
      coverage: { lowerBound: false, malformedLines: 0 },
    });
  });
});
