import { formatQuestion } from '../query/parse.js';
import type { GroupKey, Query } from '../query/query.js';

/** One next question, with the label of its button. */
export interface FollowUp {
  readonly id: string;
  readonly label: string;
  readonly text: string;
}

const GROUPS: readonly { readonly id: string; readonly label: string; readonly by: GroupKey }[] = [
  { id: 'service', label: 'By service', by: 'service' },
  { id: 'remote', label: 'By destination', by: 'remote' },
  { id: 'client', label: 'By client', by: 'client' },
  { id: 'workload', label: 'By workload', by: 'workload' },
  { id: 'day', label: 'Over time', by: 'day' },
];
const TWO_DAYS_MS = 48 * 3_600_000;

/** The obvious next questions after this one; none that asks the same again. */
export function followUps(query: Query): readonly FollowUp[] {
  const span = query.window.toMs - query.window.fromMs;
  // A day by day view of a day is one bar.
  const groups = GROUPS.map((group) =>
    group.id === 'day' && span <= TWO_DAYS_MS ? { ...group, by: 'hour' as const } : group,
  );
  const next = groups
    .filter((group) => query.by.length !== 1 || query.by[0] !== group.by)
    .map(({ id, label, by }) => ({
      id,
      label,
      text: formatQuestion({
        ...query,
        by: [by],
        top: by === 'hour' || by === 'day' ? Math.max(query.top, 48) : query.top,
      }),
    }));
  // Charges are told without an earlier window (query/parse.ts).
  if (query.compare !== undefined || query.by.includes('charge')) return next;
  const compare = { kind: 'previous' as const, window: query.window };
  return [...next, { id: 'compare', label: 'Previous period', text: formatQuestion({ ...query, compare }) }];
}
