import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Terminal } from '../../src/cli.js';
import { askYesNo } from '../../src/terminal/ask-yes-no.js';
import { type AthenaServer, startAthenaServer } from '../fixtures/athena-server.js';
import { runInTerminal } from '../fixtures/run-in-terminal.js';

// `netcost ask --config` where the config says Athena, over a server that speaks Athena's protocol.

const FORMAT =
  'version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status region interface-type resource-id'
    .split(' ')
    .map((name) => `\${${name}}`)
    .join(' ');
const DAY = 'since=2026-11-20T00:00..2026-11-20T23:59';

let folder: string;
let athena: AthenaServer;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'netcost-athena-once-'));
  athena = await startAthenaServer();
  vi.stubEnv('AWS_ENDPOINT_URL', athena.url);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  vi.stubEnv('DATABASE_URL', '');
  writeFileSync(
    join(folder, 'netcost.yml'),
    `state: { file: state.db }
aws: { accounts: [{ id: "111122223333", regions: [us-east-1] }] }
data:
  store: store
  engine: athena
  athena:
    region: us-east-1
    tables: [{ name: flow, format: "${FORMAT}", location: "s3://my-logs", accounts: ["111122223333"], regions: [us-east-1] }]
    limits: { confirmGb: 20, questionGb: 200, dayGb: 500 }
`,
  );
});
afterEach(async () => {
  await athena.stop();
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs the question; `keyboard` is what is typed where netcost asks back, absent = nobody sits there. */
async function netcost(words: readonly string[], more: Partial<Terminal> & { readonly keyboard?: string } = {}) {
  const { keyboard, ...terminal } = more;
  const screen = new PassThrough();
  let shown = '';
  screen.on('data', (chunk) => {
    shown += String(chunk);
  });
  const signal = terminal.signal ?? new AbortController().signal;
  const input = new PassThrough();
  if (keyboard !== undefined) input.end(keyboard);
  const confirm = (question: string) => askYesNo({ input, output: screen }, question, signal);
  const ran = await runInTerminal(
    ['ask', ...words, '--config', join(folder, 'netcost.yml')],
    Date.UTC(2026, 10, 22, 12),
    {
      elapsedMs: () => performance.now(),
      progressStream: screen,
      ...(keyboard === undefined ? {} : { confirm }),
      ...terminal,
    },
  );
  return { ...ran, shown };
}
const kinds = () => athena.executions.map(({ isSurvey }) => (isSurvey ? 'survey' : 'question'));

it('asks Athena where the config says so, and tells what that cost', async () => {
  const { status, out, err, shown } = await netcost([DAY, 'by=service', '--json']);
  expect([status, err]).toEqual([0, '']);
  expect(JSON.parse(out)).toMatchObject({
    rows: [{ key: { service: 'S3' }, usd: '0.180000' }, { key: { service: 'Datadog' } }],
    cost: { engine: 'athena', bytesScanned: 6e9 },
  });
  // One line that is written over, and taken off at the end.
  expect(shown).toMatch(/\r.{3}Athena: waiting for its turn · 0 s\r.{3}Athena: /);
  expect(shown).toMatch(/Athena: fetching the result · 5\.59 GiB read, \$0\.03 · \d s\r.{3}$/);
  // The survey of the day, and the question; the next question has the survey.
  expect(kinds()).toEqual(['survey', 'question']);
  expect((await netcost([DAY, 'by=remote'], { progressStream: undefined })).shown).toBe('');
  expect(kinds()).toEqual(['survey', 'question', 'question']);
});

describe('a question that reads much', () => {
  beforeEach(() => {
    athena.objectBytes = 30e9;
  });

  it('is refused in a line with its price where nobody can say yes', async () => {
    const { status, out, err } = await netcost([DAY]);
    expect([status, out, kinds()]).toEqual([1, '', []]);
    expect(err).toMatch(
      /^netcost: This will scan 55\.9 GiB, about \$0\.27\. .* Give --yes to ask it all the same\.\n$/,
    );
  });

  it.each(['y\n', 'Yes\n', ' y \n'])('is asked where somebody types %j', async (keyboard) => {
    const { status, out, err, shown } = await netcost([DAY, 'by=service', '--json'], { keyboard });
    expect(status).toBe(0);
    expect(err).toContain(
      'This will scan 55.9 GiB, about $0.27.\n  Athena, 2026-11-20 00:00 to 2026-11-20 23:59 UTC\n',
    );
    expect(shown).toMatch(/^Ask it\? \[y\/N\] /);
    // The words stay those that were typed.
    expect(JSON.parse(out)).toMatchObject({ question: { text: `${DAY} by=service` } });
  });

  it.each(['\n', 'n\n', 'yikes\n', ''])('is not asked where somebody types %j', async (keyboard) => {
    const { status, out, err } = await netcost([DAY], { keyboard });
    expect([status, out, kinds()]).toEqual([1, '', []]);
    expect(err).toContain('netcost: Not asked: nothing was scanned.\n');
  });

  it('is asked with --yes, without asking back', async () => {
    const { status, err } = await netcost([DAY, '--yes', '--json'], { keyboard: '' });
    expect([status, err]).toEqual([0, '']);
  });

  it('is given up by Ctrl-C at the prompt', async () => {
    const stop = new AbortController();
    const signal = stop.signal;
    const output = new PassThrough().once('data', () => stop.abort());
    const confirm = (question: string) => askYesNo({ input: new PassThrough(), output }, question, signal);
    const { status, err } = await netcost([DAY], { signal, confirm });
    expect([status, kinds()]).toEqual([130, []]);
    expect(err).toContain('netcost: Stopped. Nothing was asked.\n');
  });
});

it('stops the statement in Athena at Ctrl-C, says what is billed, and exits with 130', async () => {
  athena.isHeld = true;
  const stop = new AbortController();
  const running = netcost([DAY], { signal: stop.signal });
  for (let tries = 0; tries < 500 && (athena.executions[1]?.bytes ?? 0) === 0; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  stop.abort();
  const { status, out, err, shown } = await running;
  expect([status, out]).toEqual([130, '']);
  expect(err).toMatch(
    /^netcost: The question was cancelled\. Athena bills what it had read: [\d.]+ GiB, \$0\.\d\d\. The question’s 2 statements together: [\d.]+ GiB, \$0\.\d\d\.\n$/,
  );
  expect(shown).toMatch(/Stopping in Athena … Ctrl-C again leaves it running there, and billed\.\r.{3}$/);
  expect(athena.calls).toContain(`StopQueryExecution ${athena.executions[1]!.id}`);
  // What was read counts for the day: the survey's 3 GB and more.
  athena.objectBytes = 498e9;
  expect((await netcost([DAY, '--yes'])).err).toMatch(/Your questions have read [\d.]+ GiB today/);
});

it('keeps to the limits whatever was said', async () => {
  athena.objectBytes = 120e9;
  const { err } = await netcost([DAY, '--yes']);
  expect(err).toContain('one question may scan');
  expect(kinds()).toEqual([]);
});
