import type { Answer, AnswerRow } from '../../src/answers/answer.js';
import { parseQuestion } from '../../src/query/parse.js';
import { isoTime } from '../../src/units.js';

const NOW_MS = Date.UTC(2026, 10, 21, 12);

export const row = (key: AnswerRow['key'], bytes: bigint, more: Partial<AnswerRow> = {}): AnswerRow => ({
  key,
  bytes,
  bytesUp: bytes / 4n,
  bytesDown: bytes - bytes / 4n,
  packets: bytes / 1000n,
  flows: 3n,
  usd: '0.045000',
  ...more,
});

/** An answer to `text` with these rows; what is not given is quiet. */
export function answer(text: string, rows: readonly AnswerRow[], more: Partial<Answer> = {}): Answer {
  const query = parseQuestion(text, { nowMs: NOW_MS });
  const bytes = rows.reduce((sum, each) => sum + each.bytes, 0n);
  return {
    query,
    window: { from: isoTime(query.window.fromMs), to: isoTime(query.window.toMs) },
    rows,
    rest: { groups: 0, bytes: 0n, usd: '0.000000' },
    total: row({}, bytes, { usd: '0.135000' }),
    coverage: {
      hoursAsked: 24,
      hoursWithData: 24,
      completeUntil: '2026-11-21T11:55:00Z',
      gatewaysWithoutLogs: [],
      skipDataRows: 0,
      noDataRows: 0,
      rejectedFlows: 0,
      malformedLines: 0,
      lowerBound: false,
    },
    caveats: [],
    cost: { engine: 'embedded', bytesScanned: 0, usd: '0' },
    tookMs: 12,
    statement: 'select 1',
    ...more,
  };
}
