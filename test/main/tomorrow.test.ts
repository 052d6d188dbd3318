import { expect, it } from 'vitest';
import { createDemoClock } from '../../src/demo/clock.js';
import { createTomorrow } from '../../src/main/tomorrow.js';

const iso = (ms: number) => new Date(ms).toISOString();

it('brings the data before the clock moves, then runs the jobs in their order', async () => {
  const clock = createDemoClock(() => Date.parse('2026-11-21T12:00:00Z'));
  const ran: string[] = [];
  const runNow = async (name: string) => {
    ran.push(`${name} at ${iso(clock.now())}, told up to ${iso(clock.told())}`);
    return 'ran' as const;
  };
  const jobs = ['post-digests', 'check-budgets'];
  await createTomorrow({ clock, schedule: () => ({ runNow }), dataJob: 'ingest', jobs, sleep: async () => {} })();
  expect(ran).toEqual([
    'ingest at 2026-11-21T12:00:00.000Z, told up to 2026-11-22T09:00:00.000Z',
    'post-digests at 2026-11-22T09:00:00.000Z, told up to 2026-11-22T09:00:00.000Z',
    'check-budgets at 2026-11-22T09:00:00.000Z, told up to 2026-11-22T09:00:00.000Z',
  ]);
});

it('waits for a run that began before the morning, and runs again after it', async () => {
  const clock = createDemoClock(() => 0);
  const outcomes = ['skipped', 'skipped', 'ran'] as const;
  let calls = 0;
  const runNow = async () => outcomes[calls++] ?? 'ran';
  await createTomorrow({ clock, schedule: () => ({ runNow }), dataJob: 'a', jobs: [], sleep: async () => {} })();
  expect(calls).toBe(3);
});

it('makes one morning at a time', async () => {
  const clock = createDemoClock(() => 0);
  let finish: (() => void) | undefined;
  const runNow = () => new Promise<'ran'>((resolve) => (finish = () => resolve('ran')));
  const tomorrow = createTomorrow({
    clock,
    schedule: () => ({ runNow }),
    dataJob: 'a',
    jobs: [],
    sleep: async () => {},
  });
  const first = tomorrow();
  await expect(tomorrow()).rejects.toThrow('Tomorrow morning is on its way already.');
  finish?.();
  await first;
  expect(iso(clock.now())).toBe('1970-01-02T09:00:00.000Z');
});
