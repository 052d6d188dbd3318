import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { AskProgress } from '../../src/answers/ask-progress.js';
import { SILENT } from '../../src/log.js';
import type { Conversation } from '../../src/slack/conversation.js';
import { createProgressTurns, openLiveLine } from '../../src/slack/live-line.js';

const PROGRESS: AskProgress = { engine: 'athena', state: 'running', waitedMs: 0, bytesScanned: 2 ** 30, usd: '0.005' };

beforeEach(() => vi.useFakeTimers({ now: 0 }));
afterEach(() => vi.useRealTimers());

/** A question whose progress comes every half second, in a place that can be edited as often as given. */
async function watch(edits: Conversation['edits'], seconds: number, more: { slowMs?: number; isShown?: boolean } = {}) {
  const shown: { readonly atMs: number; readonly text: string }[] = [];
  const conversation: Conversation = {
    edits,
    shownAt: () => undefined,
    show: async ({ text }) => {
      if (more.slowMs !== undefined) await new Promise((resolve) => setTimeout(resolve, more.slowMs));
      shown.push({ atMs: Date.now(), text });
    },
  };
  const desk = { deps: { log: SILENT, now: () => Date.now() }, progressTurn: createProgressTurns() };
  const ticket = { id: 'r1', userId: 'U1' };
  const line = openLiveLine(desk, conversation, { text: 'by=team', ticket, isShown: more.isShown ?? false });
  for (let half = 0; half < seconds * 2; half += 1) {
    await vi.advanceTimersByTimeAsync(500);
    line.onProgress?.(PROGRESS);
  }
  return { line, shown, times: () => shown.map(({ atMs }) => Math.round(atMs / 1000)) };
}

test('a message that can be edited is kept up to date, less and less often', async () => {
  const { shown, times } = await watch('freely', 60);
  expect(shown[0]?.text).toMatch(/^Reading the flow logs/);
  expect(times()).toEqual([1, 4, 8, 14, 24, 39, 54]);
});

test('of the five messages that a response URL takes, the stop and the answer have theirs', async () => {
  expect((await watch('seldom', 600)).times()).toEqual([1, 5, 30]);
  expect((await watch('seldom', 600, { isShown: true })).shown).toHaveLength(2);
});

test('what cannot be edited shows one waiting line', async () => {
  const { line, shown } = await watch('never', 60);
  line.onStopping?.(PROGRESS);
  await line.settle();
  expect(shown).toHaveLength(1);
});

test('a Slack that is slow has one update to take at a time', async () => {
  const { times } = await watch('freely', 60, { slowMs: 20_000 });
  expect(times()).toEqual([21, 41]);
});

test('nothing is shown after the answer, and no progress after the stop', async () => {
  const stopping = await watch('freely', 4);
  const before = stopping.shown.length;
  stopping.line.onStopping?.(PROGRESS);
  await vi.advanceTimersByTimeAsync(20_000);
  stopping.line.onProgress?.(PROGRESS);
  await stopping.line.settle();
  expect(stopping.shown.slice(before).map(({ text }) => text)).toEqual(['Stopping in Athena: by=team']);
  await vi.advanceTimersByTimeAsync(60_000);
  stopping.line.onProgress?.(PROGRESS);
  stopping.line.onStopping?.(PROGRESS);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(stopping.shown).toHaveLength(before + 1);
});

test('many questions at once take turns: forty edits a minute are well below what Slack takes', () => {
  const turn = createProgressTurns();
  let taken = 0;
  for (let ms = 0; ms < 60_000; ms += 100) if (turn(ms)) taken += 1;
  expect(taken).toBe(40);
});
