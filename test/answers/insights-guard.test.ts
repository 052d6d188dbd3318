import { expect, it } from 'vitest';
import { guardInsights, type InsightsGuardDeps, type LogGroupSize } from '../../src/answers/insights-guard.js';
import { TERMINAL } from '../../src/answers/reply.js';
import { DAY_MS } from '../../src/units.js';

const nowMs = Date.parse('2026-11-21T12:00:00Z');
const size: LogGroupSize = { storedBytes: 100e9, createdMs: nowMs - 400 * DAY_MS, retentionDays: 10 };
const guard = (more: Partial<InsightsGuardDeps> = {}): InsightsGuardDeps => ({
  groups: [{ region: 'us-east-1', size: async () => size }],
  limits: { confirmBytes: 1e15, questionBytes: 1e15, dayBytes: 1e15 },
  readBytes: async () => 0,
  ...more,
});
const bytesOf = async (text: string, more: Partial<LogGroupSize> = {}): Promise<unknown> => {
  const groups = [{ region: 'us-east-1', size: async () => ({ ...size, ...more }) }];
  return guardInsights(guard({ groups }), text, TERMINAL, nowMs, false);
};

it('estimates by the part of what the group holds, as often as the question reads it', async () => {
  expect(await bytesOf('since=24h by=service')).toEqual({ bytes: 20e9 });
  expect(await bytesOf('since=24h by=port')).toEqual({ bytes: 40e9 });
  // Two days before: legs alone are read there, not the coverage.
  expect(await bytesOf('since=24h by=service compare=previous')).toEqual({ bytes: 30e9 });
  expect(await bytesOf('since=5d by=team')).toEqual({ bytes: 200e9 });
  // What the group no longer holds is not read.
  expect(await bytesOf('since=2026-10-01..2026-10-31 by=service')).toEqual({ bytes: 0 });
  expect(await bytesOf('since=24h by=service', { createdMs: nowMs - DAY_MS, retentionDays: undefined })).toEqual({
    bytes: 200e9,
  });
});

it('asks back above a limit with the price, and where the size is not known', async () => {
  const limits = { confirmBytes: 1e9, questionBytes: 1e15, dayBytes: 1e15 };
  const asked = await guardInsights(guard({ limits }), 'since=24h by=team', TERMINAL, nowMs, false);
  expect(asked).toMatchObject({
    instead: {
      title: 'This will scan 18.6 GiB, about $0.10',
      says: ['Logs Insights, 2026-11-20 12:00 to 2026-11-21 12:00 UTC'],
      line: 'scan since=2026-11-20T12:00..2026-11-21T12:00 by=team',
    },
  });
  const unknown = guard({ limits, groups: [{ region: 'us-east-1', size: async () => undefined }] });
  expect(await guardInsights(unknown, 'since=24h', TERMINAL, nowMs, false)).toMatchObject({
    instead: { title: 'How much this will scan is not known' },
  });
});

it('refuses what is above what a question or a person may scan', async () => {
  const question = guard({ limits: { confirmBytes: 1, questionBytes: 1e9, dayBytes: 1e15 } });
  await expect(guardInsights(question, 'since=24h', TERMINAL, nowMs, true)).rejects.toMatchObject({
    code: 'denied',
    hint: expect.stringContaining('data.insights.limits'),
  });
  const day = guard({ limits: { confirmBytes: 1, questionBytes: 1e15, dayBytes: 25e9 }, readBytes: async () => 10e9 });
  await expect(guardInsights(day, 'since=24h', TERMINAL, nowMs, true)).rejects.toThrow(
    'Your questions have read 9.31 GiB',
  );
});
