import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Terminal } from '../../src/cli.js';
import { readEnvironment } from '../../src/config.js';
import { NetcostError } from '../../src/errors.js';
import { exitStatusOf, failureText } from '../../src/terminal/failure.js';
import { questionOf, readNow } from '../../src/terminal/typed-words.js';
import { runInTerminal } from '../fixtures/run-in-terminal.js';

const NOW = '2026-11-21T12:00:00Z';
const START = Date.UTC(2026, 10, 21, 11) / 1000;
const FIELDS =
  'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status vpc-id region pkt-srcaddr pkt-dstaddr pkt-dst-aws-service flow-direction';
/** The four legs of one connection through the gateway 10.0.0.220: 1000 bytes up and 9000 down, on the inside. */
const legs = (client: string, remote: string) =>
  [
    [client, '10.0.0.220', client, remote, 1000, 'ingress'],
    ['10.0.0.220', remote, '10.0.0.220', remote, 1000, 'egress'],
    [remote, '10.0.0.220', remote, '10.0.0.220', 9000, 'ingress'],
    ['10.0.0.220', client, remote, client, 9000, 'egress'],
  ].map(([src, dst, pktSrc, pktDst, bytes, direction]) => {
    const ports = direction === 'ingress' && src === client ? '40000 443' : '443 40000';
    return `5 111122223333 eni-0aa ${src} ${dst} ${ports} 6 10 ${bytes} ${START} ${START + 60} ACCEPT OK vpc-0a1b us-east-1 ${pktSrc} ${pktDst} - ${direction}`;
  });

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netcost-cli-test-'));
  for (const name of ['flow-logs', 'temporary']) mkdirSync(join(folder, name));
  vi.stubEnv('TMPDIR', join(folder, 'temporary'));
  const rows = [
    FIELDS,
    ...legs('10.20.1.1', '52.216.58.42'),
    ...legs('10.20.1.2', '52.216.58.42'),
    ...legs('10.30.1.1', '140.82.113.3'),
  ];
  writeFileSync(join(folder, 'flow-logs', 'rows.log'), `${rows.join('\n')}\nbogus line\n`);
  writeFileSync(
    join(folder, 'owners.yaml'),
    'owners: [{ team: data science, env: prod, prefixes: [10.20.0.0/16], note: x }]\nremotes: []\n',
  );
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const run = (args: readonly string[], more: Partial<Terminal> = {}) => runInTerminal(args, Date.parse(NOW), more);
const sources = () => ['--flow-logs', join(folder, 'flow-logs'), '--owners', join(folder, 'owners.yaml'), '--now', NOW];
const temporaries = () => readdirSync(join(folder, 'temporary'));

describe('netcost ask', () => {
  it('answers with a table for people, notes on standard error, and leaves nothing behind', async () => {
    const { status, out, err } = await run(['ask', 'since=24h', 'by=team', ...sources()]);
    expect(status).toBe(0);
    expect(out).toMatch(/^data science +19\.5 KiB .* 66\.6 % /m);
    expect(out).toMatch(/^unattributed +9\.77 KiB /m);
    expect(out).toMatch(/^total +29\.3 KiB /m);
    expect(err).toContain('note: ');
    expect(err).toContain('unknown word "note"');
    expect(temporaries()).toEqual([]);
  });

  it('prints one JSON document and nothing else', async () => {
    const { status, out } = await run(['ask', 'team=data science', 'since=24h', 'by=service', ...sources(), '--json']);
    expect(status).toBe(0);
    const answer = JSON.parse(out);
    expect(answer.question).toMatchObject({
      text: 'team="data science" since=24h by=service',
      where: { team: ['data science'] },
    });
    expect(answer.rows).toMatchObject([{ key: { service: 'S3' }, bytes: 20000, bytesUp: 2000, bytesDown: 18000 }]);
    expect(answer.total).toMatchObject({ bytes: 20000, usd: '0.000001' });
    expect(answer.coverage.malformedLines).toBe(1);
  });

  it('prints CSV, and says what it left out', async () => {
    const { out, err } = await run(['ask', 'by=client', 'top=1', ...sources(), '--csv']);
    expect(out).toBe('client,bytes,bytes_up,bytes_down,packets,flows,usd\n10.20.1.1,10000,1000,9000,20,2,0.000000\n');
    expect(err).toContain('note: 2 more groups are left out');
  });

  it('takes a question without the verb, and in one argument', async () => {
    for (const words of [
      ['by=provider', 'since=24h'],
      ['ask', 'by=provider since=24h'],
    ]) {
      const { status, out } = await run([...words, ...sources(), '--csv']);
      expect([status, out.split('\n').map((line) => line.split(',')[0])]).toEqual([
        0,
        ['provider', 'aws', 'github', ''],
      ]);
    }
  });

  it.each([
    [['ask'], /missing required argument 'question'/],
    [['ask', 'tema=x', '--flow-logs', '/nowhere'], /"tema" is no word of a question; did you mean "team"\?/],
    [['ask', 'client=10.20.0.0/33', '--flow-logs', '/nowhere'], /is no IP address or CIDR range/],
    [['ask', 'since=1h', '--now', 'soon', '--store', 'x'], /--now soon is no time\. Allowed: ISO 8601/],
    [['ask', 'since=1h', '--now', '2026-02-30', '--store', 'x'], /is no time/],
    [['ask', 'since=1h', '--jsn'], /unknown option '--jsn' \(Did you mean .*--json/],
    [['ask', 'since=1h', '--json', '--csv'], /cannot be used with/],
    [['ask', 'since=1h', '--owners'], /argument missing/],
    [['ask', 'since=1h'], /neither --flow-logs nor --store is given/],
    [['aks', 'since=1h'], /unknown command 'aks' \(Did you mean ask\?\)/],
    [['who'], /missing required argument/],
    [['who', '10.1.2'], /"10\.1\.2" is no IP address/],
    [['demo', '--port', '70000'], /--port 70000 is no port\. Allowed: 0 to 65535/],
    [['demo', '--port', 'x'], /--port x is no port/],
    [
      ['ingest', '--store', 'x'],
      /No folder of flow logs is given\. Give --flow-logs DIR and --store DIR, or --config FILE/,
    ],
  ])('refuses %j with status 2 and one line', async (args, message) => {
    const { status, out, err } = await run(args);
    expect([status, out]).toEqual([2, '']);
    expect(err).toMatch(message);
    expect(err).toMatch(/^netcost: [^\n]+\n$/);
  });

  it.each([
    [['ask', 'since=1h', '--flow-logs', '/nowhere'], /There is no folder \/nowhere/],
    [['ask', 'since=1h', '--store', '/nowhere'], /no netcost store/],
    [['who', '10.1.1.1', '--owners', '/nowhere'], /owners file \/nowhere cannot be read/],
    [['who', '10.1.1.1', '--ip-ranges', '/nowhere'], /AWS ranges \/nowhere cannot be read/],
  ])('fails %j with status 1 and one line', async (args, message) => {
    const { status, out, err } = await run(args);
    expect([status, out]).toEqual([1, '']);
    expect(err).toMatch(message);
    expect(err).toMatch(/^netcost: [^\n]+\n$/);
  });

  it('stops with status 130, leaving nothing behind', async () => {
    const { status, out, err } = await run(['ask', 'since=24h', ...sources()], { signal: AbortSignal.abort() });
    expect([status, out]).toEqual([130, '']);
    expect(err).toMatch(/^netcost: Stopped\./);
    expect(temporaries()).toEqual([]);
  });
});

describe('the other verbs', () => {
  it('brings flow logs into a store, once, and asks the store', async () => {
    const store = join(folder, 'store');
    const first = await run(['ingest', '--flow-logs', join(folder, 'flow-logs'), '--store', store]);
    expect(first.status).toBe(0);
    expect(first.out).toMatch(/^12 rows of 1 objects in /);
    expect(first.out).toMatch(/1 lines skipped: .*"bogus line"/);
    const again = JSON.parse(
      (await run(['ingest', '--flow-logs', join(folder, 'flow-logs'), '--store', store, '--json'])).out,
    );
    expect(again).toMatchObject({ rows: 0, objectsRead: 0, objectsKnown: 1, malformed: [] });
    const asked = await run(['ask', 'since=24h', '--store', store, '--now', NOW, '--json']);
    expect(JSON.parse(asked.out).total.bytes).toBe(30000);
    expect(existsSync(store)).toBe(true);
  });

  it('says who is behind an address', async () => {
    const names = ['--owners', join(folder, 'owners.yaml'), '--json'];
    const { out } = await run(['who', '10.20.1.1', '10.99.0.1', '52.216.58.42', '203.0.113.9', ...names]);
    expect(JSON.parse(out).addresses).toMatchObject([
      { address: '10.20.1.1', team: 'data science', env: 'prod', knownBy: 'prefix 10.20.0.0/16 of the owners file' },
      { address: '10.99.0.1', team: 'unattributed', provider: null },
      { address: '52.216.58.42', team: null, provider: 'aws', service: 'S3', region: 'us-east-1' },
      { address: '203.0.113.9', team: null, provider: null, knownBy: 'in none of the tables' },
    ]);
  });

  it('has help and a version, with status 0', async () => {
    for (const args of [[], ['--help'], ['help'], ['ask', '--help'], ['help', 'ask'], ['--version']]) {
      const { status, out, err } = await run(args);
      expect([status, err, out.length > 4], args.join(' ')).toEqual([0, '', true]);
    }
    expect((await run(['ask', '--help'])).out).toMatch(/team=payments +who owns the client/);
  });
});

describe('the program', () => {
  const program = ['--import', 'tsx', join(import.meta.dirname, '../../src/cli.ts')];

  it('exits with the status, and quietly where nobody reads on', () => {
    const refused = spawnSync(process.execPath, [...program, 'ask', 'by=colour'], { encoding: 'utf8' });
    expect([refused.status, refused.stdout, refused.stderr.split('\n').length]).toEqual([2, '', 2]);
    const words = [process.execPath, ...program].map((word) => `'${word}'`).join(' ');
    const closed = spawnSync('bash', ['-c', `set -o pipefail; (${words} ask --help; echo "status $?" >&2) | true`], {
      encoding: 'utf8',
    });
    expect(closed.stderr).toBe('status 0\n');
  });
});

describe('failures', () => {
  it('have the exit status of the contract', () => {
    const status = (code: ConstructorParameters<typeof NetcostError>[0]) => exitStatusOf(new NetcostError(code, 'x'));
    expect([
      status('usage'),
      status('cancelled'),
      status('config'),
      status('internal'),
      exitStatusOf(new Error('x')),
    ]).toEqual([2, 130, 1, 1, 1]);
  });

  it('show a stack only to whoever debugs', () => {
    const error = new NetcostError('input', 'Line one\nline\u001b two.', { cause: new Error('inner') });
    expect(failureText(error, false)).toBe('netcost: Line one line\\u{1b} two.\n');
    expect(failureText(error, true)).toMatch(/caused by Error: inner\n {4}at /);
    expect(failureText(new TypeError('secret'), false)).not.toContain('secret');
    expect(readEnvironment({ NETCOST_DEBUG: '1' }).isDebugging).toBe(true);
    expect(readEnvironment({ NETCOST_DEBUG: '0' }).isDebugging || readEnvironment({}).isDebugging).toBe(false);
  });
});

describe('typed words', () => {
  it('get the quotes back that the shell took away', () => {
    expect(questionOf(['team=data science', 'by=team'])).toBe('team="data science" by=team');
    expect(questionOf(['team=!data science,b'])).toBe('team=!"data science",b');
    expect(questionOf(['team=a by=service'])).toBe('team=a by=service');
    expect(questionOf(['team="a b"', 'since=1h'])).toBe('team="a b" since=1h');
    expect(questionOf(['team=a, b'])).toBe('team=a, b');
  });

  it('read the clock’s time', () => {
    expect(readNow('2026-11-21T12:00:00Z')).toBe(Date.UTC(2026, 10, 21, 12));
    expect(readNow('2026-11-21T12:00:00')).toBe(Date.UTC(2026, 10, 21, 12));
    expect(readNow('2026-11-21T12:00:00.500z')).toBe(Date.UTC(2026, 10, 21, 12) + 500);
    expect(readNow('2026-11-21 12:00+02:00')).toBe(Date.UTC(2026, 10, 21, 10));
    expect(readNow('2026-11-21')).toBe(Date.UTC(2026, 10, 21));
    for (const text of ['', 'now', '1732190400', '2026-99-99', '2026-02-29', '2026-11-21T25:00', '21.11.2026']) {
      expect(() => readNow(text), text).toThrow(NetcostError);
    }
  });
});
