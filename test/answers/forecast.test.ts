import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type DaySum, forecastFromMs, forecastMonth, monthOf, sumAmounts } from '../../src/answers/forecast.js';
import { DAY_MS, HOUR_MS } from '../../src/units.js';

const day = (text: string) => Date.parse(`${text}T00:00:00Z`);
const NOW = Date.parse('2026-11-21T09:00:00Z'); // a Saturday

/** Days from `from` up to and with the day of `nowMs`, each with bytes by its start; today is nine hours old. */
function daysFrom(from: string, bytesOf: (dayMs: number) => bigint, nowMs = NOW): DaySum[] {
  const days: DaySum[] = [];
  for (let dayMs = day(from); dayMs <= nowMs; dayMs += DAY_MS) {
    const hoursKnown = Math.min(24, (nowMs - dayMs) / HOUR_MS);
    const bytes = (bytesOf(dayMs) * BigInt(Math.round(hoursKnown * 100))) / 2400n;
    days.push({ dayMs, bytes, usd: `${bytes}`, hoursKnown });
  }
  return days;
}

it('takes the coming days to be like the last week where every day is the same', () => {
  const { whole, soFar, learntDays, gapHours } = forecastMonth(
    daysFrom('2026-10-24', () => 240n),
    NOW,
  );
  expect(soFar).toEqual({ bytes: 20n * 240n + 90n, usd: '4890' });
  expect(whole).toEqual({ bytes: 30n * 240n, usd: '7200.0000' });
  expect(learntDays).toBe(28);
  expect(gapHours).toBe(0);
});

it('knows that weekends are quieter', () => {
  const week = (dayMs: number) => ([0, 6].includes(new Date(dayMs).getUTCDay()) ? 24n : 240n);
  const { whole } = forecastMonth(daysFrom('2026-10-24', week), NOW);
  // November 2026 has 21 days of work and 9 of weekends.
  expect(Number(whole?.bytes)).toBeCloseTo(21 * 240 + 9 * 24, -1);
});

it('is not led astray by one wild day, and follows a level that stays', () => {
  const wild = forecastMonth(
    daysFrom('2026-10-24', (dayMs) => (dayMs === day('2026-11-18') ? 24_000n : 240n)),
    NOW,
  );
  expect(wild.whole?.bytes).toBe(29n * 240n + 24_000n);
  const risen = forecastMonth(
    daysFrom('2026-10-24', (dayMs) => (dayMs >= day('2026-11-16') ? 480n : 240n)),
    NOW,
  );
  expect(risen.whole?.bytes).toBe(15n * 240n + 15n * 480n);
});

it('does not take a day without logs for a day without bytes', () => {
  const days = daysFrom('2026-10-24', () => 240n).filter(({ dayMs }) => dayMs !== day('2026-11-10'));
  const { soFar, whole, gapHours } = forecastMonth(days, NOW);
  expect(soFar.bytes).toBe(19n * 240n + 90n);
  expect(whole?.bytes).toBe(30n * 240n);
  expect(gapHours).toBe(24);
});

it('counts late logs as hours that are not known yet', () => {
  const reach = NOW - 3 * HOUR_MS;
  const days = daysFrom('2026-10-24', () => 240n, reach);
  expect(forecastMonth(days, NOW, reach)).toMatchObject({
    soFar: { bytes: 20n * 240n + 60n },
    whole: { bytes: 7200n },
    gapHours: 0,
  });
});

it('says nothing of the whole month where fewer than three whole days are known', () => {
  expect(
    forecastMonth(
      daysFrom('2026-11-19', () => 240n),
      NOW,
    ),
  ).toMatchObject({ whole: undefined, learntDays: 2 });
  expect(forecastMonth([], NOW)).toMatchObject({ soFar: { bytes: 0n }, whole: undefined });
});

it('has no dollars where a day has none', () => {
  const days = daysFrom('2026-10-24', () => 240n).map(({ usd: _, ...rest }) => rest);
  const { soFar, whole } = forecastMonth(days, NOW);
  expect(soFar).not.toHaveProperty('usd');
  expect(whole).toEqual({ bytes: 7200n });
});

it('learns from the month before on the first day of a month', () => {
  const first = Date.parse('2026-12-01T01:00:00Z');
  expect(forecastFromMs(first)).toBe(day('2026-11-03'));
  const { soFar, whole } = forecastMonth(
    daysFrom('2026-11-01', () => 240n, first),
    first,
  );
  expect(soFar.bytes).toBe(10n);
  expect(whole?.bytes).toBe(31n * 240n);
});

it('never forecasts less than there is, and exactly what there is when the month is over', () => {
  const bytes = fc.array(fc.nat({ max: 1e9 }), { minLength: 60, maxLength: 60 });
  const moment = fc.integer({ min: day('2026-11-04'), max: monthOf(NOW).toMs - 1 });
  fc.assert(
    fc.property(bytes, moment, (volumes, nowMs) => {
      const days = daysFrom('2026-10-01', (dayMs) => BigInt(volumes[(dayMs - day('2026-10-01')) / DAY_MS] ?? 0), nowMs);
      const { soFar, whole } = forecastMonth(days, nowMs);
      expect(soFar.bytes).toBe(sumAmounts(days.filter(({ dayMs }) => dayMs >= day('2026-11-01'))).bytes);
      expect(whole !== undefined && whole.bytes >= soFar.bytes).toBe(true);
    }),
  );
  const end = monthOf(NOW).toMs - 1;
  const days = daysFrom('2026-10-01', () => 240n, end).map((one) => ({ ...one, hoursKnown: 24, bytes: 240n }));
  expect(forecastMonth(days, end, end).whole?.bytes).toBe(7200n);
});
