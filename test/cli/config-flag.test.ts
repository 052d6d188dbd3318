import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runInTerminal } from '../fixtures/run-in-terminal.js';

const NOW = '2026-11-21T12:00:00Z';
const AT = Date.UTC(2026, 10, 21, 11) / 1000;
/** No header: only the log format of the config says what the columns are. */
const row = (client: string, bytes: number) =>
  `${client} 10.0.0.220 ${client} 52.216.58.42 ${bytes} ${AT} ${AT + 60} ACCEPT OK nat_gateway nat-0a1b2c3d4e5f ingress us-east-1`;
const FORMAT =
  'srcaddr dstaddr pkt-srcaddr pkt-dstaddr bytes start end action log-status interface-type resource-id flow-direction region'
    .split(' ')
    .map((name) => `\${${name}}`)
    .join(' ');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netcost-config-test-'));
  for (const name of ['bot', 'bot/flow-logs', 'once', 'empty']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'bot/flow-logs/a.log'), `${row('10.20.1.1', 1000)}\n`);
  writeFileSync(join(folder, 'once/b.log'), `${row('10.20.1.1', 70)}\n`);
  const owners = (team: string) => `owners: [{ team: ${team}, prefixes: [10.20.0.0/16] }]\n`;
  writeFileSync(join(folder, 'bot/owners.yaml'), owners('payments'));
  writeFileSync(join(folder, 'others.yaml'), owners('search'));
  const config = `data: { flowLogs: flow-logs, store: kept, owners: owners.yaml, logFormat: '${FORMAT}' }\n`;
  writeFileSync(join(folder, 'bot/netcost.yml'), config);
  for (const name of ['SLACK_BOT_TOKEN', 'SLACK_APP_TOKEN', 'SLACK_SIGNING_SECRET', 'DATABASE_URL'])
    vi.stubEnv(name, '');
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const at = (path: string) => join(folder, path);
const config = () => ['--config', at('bot/netcost.yml')];

const run = (...args: string[]) => runInTerminal(args, Date.parse(NOW));
const rowsOf = async (...args: string[]) => {
  const { status, out, err } = await run('ask', 'since=24h', 'by=team', '--json', ...args);
  expect([status, err]).toEqual([0, '']);
  const { rows } = JSON.parse(out) as { rows: { key: { team: string }; bytes: number }[] };
  return rows.map(({ key, bytes }) => [key.team, bytes]);
};

describe('--config', () => {
  it('says where names, flow logs, their format and the store are, from its own folder on', async () => {
    const who = await run('who', '10.20.1.1', ...config(), '--json');
    expect(JSON.parse(who.out).addresses).toMatchObject([{ team: 'payments' }]);
    const first = await run('ingest', ...config(), '--json');
    expect([first.status, JSON.parse(first.out)]).toMatchObject([0, { rows: 1, objectsRead: 1 }]);
    expect(await rowsOf(...config())).toEqual([['payments', 1000]]);
    expect(readdirSync(at('bot'))).toContain('kept');
    expect(JSON.parse((await run('ingest', ...config(), '--json')).out)).toMatchObject({ rows: 0, objectsKnown: 1 });
  });

  it('gives way to flags', async () => {
    expect(await rowsOf(...config(), '--owners', at('others.yaml'))).toEqual([['search', 1000]]);
    expect(await rowsOf('--store', at('bot/kept'))).toEqual([['unattributed', 1000]]);
    const who = await run('who', '10.20.1.1', ...config(), '--owners', at('others.yaml'), '--json');
    expect(JSON.parse(who.out).addresses).toMatchObject([{ team: 'search' }]);
    const elsewhere = await run('ingest', ...config(), '--store', at('elsewhere'), '--json');
    expect(JSON.parse(elsewhere.out)).toMatchObject({ rows: 1, objectsKnown: 0 });
  });

  it('never brings a folder that is looked at once into the store of the bot', async () => {
    expect(await rowsOf(...config(), '--flow-logs', at('once'))).toEqual([['payments', 70]]);
    expect(await rowsOf(...config())).toEqual([['payments', 1000]]);
  });

  it.each([['ask', 'since=1h'], ['who', '10.1.1.1'], ['ingest'], ['start'], ['check']])(
    'is refused by %s in one line where the file is wrong',
    async (...args) => {
      writeFileSync(at('wrong.yml'), 'data: { flowlogs: x }\n');
      const { status, out, err } = await run(...args, '--config', at('wrong.yml'));
      expect(status).toBe(1);
      expect(out + err).toContain('Unrecognized key: "flowlogs"');
      expect(err).toMatch(/^netcost: [^\n]+\n$/);
      expect((await run(...args, '--config', at('nowhere.yml'))).status).toBe(1);
    },
  );
});

describe('netcost init and check', () => {
  it('writes a config from what lies beside it, once, and checks it line by line', async () => {
    rmSync(at('bot/netcost.yml'));
    const { status, out } = await run('init', ...config());
    expect([status, out]).toMatchObject([0, expect.stringContaining('Found flow-logs: it is data.flowLogs.')]);
    const written = readFileSync(at('bot/netcost.yml'), 'utf8');
    expect(written).toMatch(/owners: "owners\.yaml" # /);
    expect(await run('init', ...config())).toMatchObject({ status: 1, err: expect.stringContaining('already') });
    expect(readFileSync(at('bot/netcost.yml'), 'utf8')).toBe(written);

    const checked = await run('check', ...config());
    expect(checked.status).toBe(1);
    expect(checked.out).toMatch(/^ok +Flow logs +\S+flow-logs$/m);
    expect(checked.out).toMatch(/^ok +Owners +\S+owners\.yaml: 1 team$/m);
    expect(checked.out).toMatch(/^FAIL +Slack secrets +SLACK_BOT_TOKEN is not set\. You find it at /m);
    expect(checked.err).toBe('netcost: 1 of 7 checks failed.\n');
  });

  it('names each data source that is not there, with what to mend', async () => {
    writeFileSync(at('empty/netcost.yml'), 'data: { flowLogs: gone, owners: gone.yaml, asn: gone.csv }\n');
    const { status, out } = await run('check', '--config', at('empty/netcost.yml'));
    expect(status).toBe(1);
    expect(out).toMatch(/^FAIL +Flow logs +There is no folder \S+gone\. Mend data\.flowLogs\.$/m);
    expect(out).toMatch(/^FAIL +Owners +The owners file \S+ cannot be read/m);
    expect(out).toMatch(/^FAIL +Remotes +.*gone\.csv/m);
    writeFileSync(at('empty/netcost.yml'), '');
    expect((await run('check', '--config', at('empty/netcost.yml'))).out).toMatch(/there is nothing to ask/);
  });

  it('refuses to start without secrets, in one line', async () => {
    const { status, out, err } = await run('start', '--config', at('empty/netcost.yml'));
    expect([status, out]).toEqual([1, '']);
    expect(err).toMatch(/^netcost: SLACK_BOT_TOKEN is not set\. [^\n]+\n$/);
  });
});
