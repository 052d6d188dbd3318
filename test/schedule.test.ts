import { describe, expect, test } from 'vitest';
import { SILENT } from '../src/log.js';
import { createSchedule, type Job } from '../src/schedule.js';
import type { JobResult } from '../src/state/job-results.js';

function fixture(job: Partial<Job> & Pick<Job, 'run'>) {
  const kept: Omit<JobResult, 'runs' | 'failures'>[] = [];
  const schedule = createSchedule([{ name: 'ingest', when: '*/5 * * * *', deadlineMs: 1_000, ...job }], {
    now: () => 1_790_000_000_000,
    random: () => 0.5,
    log: SILENT,
    keep: async (result) => void kept.push(result),
  });
  return { schedule, kept };
}

describe('a job', () => {
  test('runs and its result is kept', async () => {
    const { schedule, kept } = fixture({ run: async () => '3 objects' });
    expect(await schedule.runNow('ingest')).toBe('ran');
    expect(kept).toEqual([
      { name: 'ingest', startedMs: 1_790_000_000_000, tookMs: 0, outcome: 'ok', detail: '3 objects' },
    ]);
  });

  test('never runs twice at once', async () => {
    let finish = () => {};
    let runs = 0;
    const { schedule } = fixture({
      run: () => {
        runs += 1;
        return new Promise((resolve) => {
          finish = () => resolve('done');
        });
      },
    });
    const first = schedule.runNow('ingest');
    expect(await schedule.runNow('ingest')).toBe('skipped');
    expect(schedule.running()).toEqual(['ingest']);
    await new Promise((resolve) => setTimeout(resolve, 5));
    finish();
    await first;
    expect(runs).toBe(1);
    expect(schedule.running()).toEqual([]);
  });

  test('that takes too long is aborted and counts as a timeout', async () => {
    let aborted = false;
    const { schedule, kept } = fixture({
      deadlineMs: 20,
      run: (signal) =>
        new Promise(() => {
          signal.addEventListener('abort', () => {
            aborted = true;
          });
        }),
    });
    await schedule.runNow('ingest');
    expect(aborted).toBe(true);
    expect(kept[0]?.outcome).toBe('timeout');
  });

  test('that fails is kept as failed, without its inner words, and runs again', async () => {
    let runs = 0;
    const { schedule, kept } = fixture({
      run: async () => {
        runs += 1;
        if (runs === 1) throw new TypeError('x is undefined');
        return 'fine';
      },
    });
    await schedule.runNow('ingest');
    await schedule.runNow('ingest');
    expect(kept.map(({ outcome, detail }) => [outcome, detail])).toEqual([
      ['failed', 'It failed; the log says why.'],
      ['ok', 'fine'],
    ]);
  });

  test('is aborted when the schedule stops', async () => {
    const { schedule, kept } = fixture({ run: () => new Promise(() => {}) });
    schedule.start();
    const run = schedule.runNow('ingest');
    await new Promise((resolve) => setTimeout(resolve, 5));
    await schedule.stop(500);
    await run;
    expect(kept[0]).toMatchObject({ outcome: 'failed', detail: 'It was stopped.' });
  });

  test('that waits for its turn when the schedule stops never begins', async () => {
    let runs = 0;
    const { schedule, kept } = fixture({
      when: '* * * * * *',
      jitterMs: 60_000,
      run: async () => {
        runs += 1;
        return '';
      },
    });
    schedule.start();
    for (let tries = 0; tries < 500 && schedule.running().length === 0; tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(schedule.running()).toEqual(['ingest']);
    await schedule.stop(500);
    expect([runs, kept.length]).toEqual([0, 0]);
  });

  test('with a schedule that is no cron is refused at once', () => {
    expect(() => fixture({ when: 'every now and then', run: async () => '' })).toThrow(
      /"every now and then", which is no cron/,
    );
  });

  test('is started by the clock', async () => {
    const { schedule, kept } = fixture({ when: '* * * * * *', run: async () => 'ticked' });
    schedule.start();
    for (let tries = 0; tries < 250 && kept.length === 0; tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 10));
    await schedule.stop();
    expect(kept[0]?.detail).toBe('ticked');
  });
});
