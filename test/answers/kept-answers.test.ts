import { expect, it } from 'vitest';
import { keepAnswers } from '../../src/answers/kept-answers.js';
import { answerTo } from '../end-to-end/demo-fixture.js';

const NOW = Date.UTC(2026, 10, 22, 12);
const TEXT = 'team=payments since=7d by=service';
const rows = [['S3', 7n]] as const;

/** One answer that is kept, and how the clock goes on. */
function kept(more: object = {}, text = TEXT) {
  const clock = { ms: 0 };
  const answers = keepAnswers(() => clock.ms);
  const answer = { ...answerTo(text, NOW, rows), ...more };
  answers.keep({ text, nowMs: NOW }, answer);
  return { answers, answer, clock };
}

it('finds the answer of a button, whatever the order and blanks of its words', () => {
  const { answers, answer } = kept();
  expect(answers.find({ text: 'by=service  since=7d team=payments', nowMs: NOW })).toBe(answer);
});

it('finds nothing for a question that is asked anew, nor for another one, nor after an hour', () => {
  const { answers, clock } = kept();
  expect(answers.find({ text: TEXT, nowMs: NOW + 1 })).toBeUndefined();
  expect(answers.find({ text: 'since=7d by=service', nowMs: NOW })).toBeUndefined();
  clock.ms = 3_600_001;
  expect(answers.find({ text: TEXT, nowMs: NOW })).toBeUndefined();
});

it('gives more rows only where it left none out', () => {
  const all = { text: `${TEXT} top=1000`, nowMs: NOW };
  const { answers, answer } = kept();
  expect(answers.find(all)).toBe(answer);
  const cut = kept({ rest: { groups: 3, bytes: 1n } });
  expect(cut.answers.find(all)).toBeUndefined();
  expect(cut.answers.find({ text: TEXT, nowMs: NOW })).toBe(cut.answer);
});

it('keeps so many and no more, the newest', () => {
  const { answers } = kept();
  for (let n = 1; n <= 100; n++) answers.keep({ text: TEXT, nowMs: NOW + n }, answerTo(TEXT, NOW + n, rows));
  const found = Array.from({ length: 101 }, (_, n) => answers.find({ text: TEXT, nowMs: NOW + n }) !== undefined);
  expect(found.filter(Boolean)).toHaveLength(40);
  expect([found[0], found[100]]).toEqual([false, true]);
});
