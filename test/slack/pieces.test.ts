import { describe, expect, test } from 'vitest';
import { NetcostError } from '../../src/errors.js';
import { createLog } from '../../src/log.js';
import { type AccessRules, createAccess, type Directory, OPEN_ACCESS } from '../../src/slack/access.js';
import { findAddresses } from '../../src/slack/addresses-in-text.js';
import { readAsked, writeAsked } from '../../src/slack/buttons.js';
import { cut } from '../../src/slack/mrkdwn.js';
import { createRuns } from '../../src/slack/runs.js';
import { readScanOrder, writeScanOrder } from '../../src/slack/scan-blocks.js';
import { createSeen } from '../../src/slack/seen.js';

describe('addresses in a message', () => {
  test.each([
    ['10.0.0.1 talks to 52.216.1.1:443, and to 10.0.0.1 again.', ['10.0.0.1', '52.216.1.1']],
    ['2600:1f18::1 and fe80::1', ['2600:1f18::1', 'fe80::1']],
    ['version 1.2.3, at 12:30:45, 999.1.1.1, 1.2.3.4.5', []],
    ['(10.1.2.3)', ['10.1.2.3']],
  ])('%j', (text, expected) => {
    expect(findAddresses({ text, ts: '1700000000.000100' })).toEqual(expected);
  });

  test('are found in blocks and attachments, at most twenty', () => {
    const blocks = [{ type: 'table', rows: [[{ type: 'raw_text', text: '10.9.9.9' }]] }];
    const attachments = [
      { fields: [{ value: Array.from({ length: 40 }, (_, index) => `10.0.1.${index}`).join(' ') }] },
    ];
    const found = findAddresses({ text: '', blocks, attachments });
    expect(found[0]).toBe('10.9.9.9');
    expect(found).toHaveLength(20);
  });
});

describe('what a button carries', () => {
  test('comes back as it was', () => {
    expect(readAsked(writeAsked({ text: 'by=team "x"', nowMs: 5 }))).toEqual({ text: 'by=team "x"', nowMs: 5 });
    expect(readAsked(writeAsked({ text: 'by=team' }))).toEqual({ text: 'by=team' });
  });

  test.each([undefined, '', 'x', 'null', '[]', '{"q":1,"t":2}', '{"q":"a","t":"b"}', '{"q":"a","t":1.5}', '{"q":"a"}'])(
    '%j is none of ours',
    (value) => {
      expect(readAsked(value)).toBeUndefined();
    },
  );
});

describe('runs', () => {
  const runs = () => {
    let id = 0;
    return createRuns(() => `r${id++}`);
  };

  test('the last one who cancels aborts the work', async () => {
    const all = runs();
    let signal: AbortSignal | undefined;
    const work = (given: AbortSignal) => {
      signal = given;
      return new Promise<string>(() => {});
    };
    const [first, second] = [all.ticket('U1'), all.ticket('U2')];
    const results = [all.run(first, 'k', work), all.run(second, 'k', work)];
    expect(all.count()).toBe(1);
    expect(all.cancel(first.id, 'U2')).toBe('foreign');
    expect(all.cancel(first.id, 'U1')).toBe('stopped');
    await expect(results[0]).rejects.toMatchObject({ code: 'cancelled' });
    expect(signal?.aborted).toBe(false);
    all.cancel(second.id, 'U2');
    await expect(results[1]).rejects.toMatchObject({ code: 'cancelled' });
    expect(signal?.aborted).toBe(true);
    expect(all.cancel(first.id, 'U1')).toBe('gone');
  });

  test('a question that is asked again after it was aborted is a new run', async () => {
    const all = runs();
    const never = () => new Promise<string>(() => {});
    const ticket = all.ticket('U1');
    const first = all.run(ticket, 'k', never);
    all.cancel(ticket.id, 'U1');
    await expect(first).rejects.toThrow();
    expect(await all.run(all.ticket('U1'), 'k', async () => 'fresh')).toBe('fresh');
  });
});

describe('runs that AWS works on', () => {
  const PROGRESS = { engine: 'athena', state: 'running', waitedMs: 1, bytesScanned: 7, usd: '0' } as const;
  const setUp = () => {
    const all = createRuns(
      (
        (id) => () =>
          `r${id++}`
      )(0),
    );
    const heard: string[] = [];
    const ears = { onProgress: () => heard.push('progress'), onStopping: () => heard.push('stopping') };
    return { all, heard, ears };
  };
  /** Tells its progress, and when it is stopped, what `end` says. */
  const work =
    (end: () => Promise<string>) => async (signal: AbortSignal, tell: (progress: typeof PROGRESS) => void) => {
      tell(PROGRESS);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return end();
    };
  const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

  test('say at their end what is billed, to who cancelled', async () => {
    const { all, heard, ears } = setUp();
    const ticket = all.ticket('U1');
    const billed = new NetcostError('cancelled', 'The question was cancelled.', { hint: 'Athena bills 7 B.' });
    const result = all.run(
      ticket,
      'k',
      work(() => Promise.reject(billed)),
      ears,
    );
    await turn();
    expect([all.cancel(ticket.id, 'U1'), all.cancel(ticket.id, 'U1')]).toEqual(['stopped', 'stopped']);
    await expect(result).rejects.toBe(billed);
    expect(heard).toEqual(['progress', 'stopping']);
    expect(all.count()).toBe(0);
  });

  test('give no answer to who cancelled, also where it comes in the same moment', async () => {
    const { all, ears } = setUp();
    const ticket = all.ticket('U1');
    const result = all.run(
      ticket,
      'k',
      work(async () => 'the answer'),
      ears,
    );
    await turn();
    all.cancel(ticket.id, 'U1');
    await expect(result).rejects.toMatchObject({ code: 'cancelled', hint: expect.stringContaining('is billed') });
  });

  test('go on for whoever else waits', async () => {
    const { all, heard, ears } = setUp();
    const [first, second] = [all.ticket('U1'), all.ticket('U1')];
    const one = all.run(
      first,
      'k',
      work(async () => 'late'),
      ears,
    );
    const other = all.run(
      second,
      'k',
      work(async () => 'never begun'),
      ears,
    );
    await turn();
    all.cancel(first.id, 'U1');
    await expect(one).rejects.toMatchObject({ hint: expect.stringContaining('so it goes on') });
    expect(heard).toEqual(['progress', 'progress']);
    all.cancel(second.id, 'U1');
    await expect(other).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('what the button of a price carries', () => {
  const order = { line: 'scan by=team', shown: 'by=team', askerId: 'U1', untilMs: 5 };

  test('comes back as it was', () => {
    expect(readScanOrder(writeScanOrder(order))).toEqual(order);
  });

  test.each([undefined, '', 'null', '[]', '{"q":"scan","t":1}', '{"q":"a","u":1,"x":2}', '{"q":"a","u":"U1","x":"2"}'])(
    '%j is none of ours',
    (value) => {
      expect(readScanOrder(value)).toBeUndefined();
    },
  );
});

describe('ids that were seen', () => {
  test('are known for ten minutes', () => {
    let now = 0;
    const seen = createSeen(() => now);
    expect([seen('a'), seen('a'), seen('b')]).toEqual([false, true, false]);
    now = 10 * 60_000 + 1;
    expect(seen('a')).toBe(false);
  });
});

describe('access', () => {
  const directory = (over: Partial<Awaited<ReturnType<Directory['person']>>> = {}): Directory => ({
    person: async (id) => ({
      id,
      teamId: 'T1',
      isGuest: false,
      isStranger: false,
      isBot: false,
      isDeleted: false,
      ...over,
    }),
    groupMembers: async (id) => (id === 'S1' ? ['U1'] : []),
  });
  const rules = (change: Partial<AccessRules>): AccessRules => ({ ...OPEN_ACCESS, ...change });

  test.each([
    ['a bot', { isBot: true }],
    ['somebody who has left', { isDeleted: true }],
    ['a guest', { isGuest: true }],
    ['a stranger', { isStranger: true }],
    ['somebody of another organisation', { teamId: 'T2' }],
  ])('%s is denied', async (_, person) => {
    await expect(createAccess(OPEN_ACCESS, directory(person)).caller('U1', 'T1')).rejects.toMatchObject({
      code: 'denied',
    });
  });

  test('an outsider has no role, even where a role names them', async () => {
    const access = createAccess(
      rules({ roles: { admin: ['U1'] }, guests: ['U1'], teams: { a: ['U1'] } }),
      directory({ isGuest: true }),
    );
    expect(await access.caller('U1', 'T1')).toMatchObject({ roles: [], teams: ['a'] });
  });

  test('teams come from the members’ list, from grants and from groups', async () => {
    const access = createAccess(
      rules({ memberTeams: ['A', 'b'], teams: { B: ['U1'], c: ['S1'], d: ['U9'] } }),
      directory(),
    );
    expect(await access.caller('U1', 'T1')).toMatchObject({ roles: ['member'], teams: ['a', 'b', 'c'] });
  });

  test('who cannot be looked up gets nothing', async () => {
    const broken: Directory = { ...directory(), person: async () => Promise.reject(new Error('down')) };
    await expect(createAccess(OPEN_ACCESS, broken).caller('U1', 'T1')).rejects.toThrow('down');
  });
});

test('a cut text is no longer than allowed and holds no half of a character', () => {
  expect(cut('abcdef', 4)).toBe('abc…');
  expect(cut('ab😀cd', 4)).toBe('ab…');
  expect(cut('abc&amp;def', 6)).toBe('abc…');
});

test('the log takes secrets out, wherever they stand', () => {
  const lines: string[] = [];
  const log = createLog({ write: (line) => lines.push(line), now: () => 0 });
  log.error('it failed with xoxb-123-abcdef', {
    error: new Error('token xapp-1-A-2-bcd refused', { cause: { headers: { Authorization: 'Bearer abc' } } }),
    url: 'https://hooks.slack.com/commands/T1/2/3',
    database: 'postgres://me:hunter2@db/x',
    deep: [{ signingSecret: 'abc', responseUrl: 'http://x', fine: 1n }],
    key: 'AKIAIOSFODNN7EXAMPLE',
  });
  log.debug('not written');
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toMatch(/123-abcdef|bcd refused.*xapp|hunter2|Bearer abc|"abc"|AKIAIOSFODNN7|hooks\.slack/);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    time: '1970-01-01T00:00:00.000Z',
    level: 'error',
    deep: [{ fine: '1', signingSecret: '[redacted]' }],
  });
});
