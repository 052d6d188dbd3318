import type { Answer, AnswerRow, Sums } from '../answers/answer.js';

/** An answer as the contract's JSON document (part 2), with a newline at the end. */
export function answerJson(answer: Answer): string {
  const { query, window, rest, total, coverage, caveats, cost, tookMs } = answer;
  const where = [...query.where].map(([key, values]) => [
    key,
    values.map(({ value, negated }) => (negated ? `!${value}` : value)),
  ]);
  return jsonText({
    question: { text: query.text, where: Object.fromEntries(where), by: query.by, top: query.top },
    window: { from: window.from, to: window.to },
    rows: answer.rows.map((row) => ({ key: row.key, ...sumsOf(row), charge: row.charge, ...previousOf(row) })),
    rest: { groups: rest.groups, bytes: rest.bytes, usd: rest.usd },
    total: { ...sumsOf(total), ...previousOf(total) },
    coverage,
    caveats,
    cost,
    tookMs,
  });
}

/** Any value as JSON; a whole number above 2^53 − 1 is a decimal string, each for itself. */
export function jsonText(value: unknown): string {
  const replace = (_: string, field: unknown) => {
    if (typeof field !== 'bigint') return field;
    return field >= -MAX_SAFE && field <= MAX_SAFE ? Number(field) : field.toString();
  };
  return `${JSON.stringify(value, replace, 2)}\n`;
}

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

function sumsOf({ bytes, bytesUp, bytesDown, packets, flows, usd }: Sums) {
  return { bytes, bytesUp, bytesDown, packets, flows, usd };
}

function previousOf({ previous }: Pick<AnswerRow, 'previous'>) {
  return previous && { previous: { bytes: previous.bytes, usd: previous.usd } };
}
