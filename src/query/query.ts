/** Every key that a question can filter or group by; `label.NAME` is open. One list, so parser, compiler and help agree. */
export const FILTER_KEYS = [
  'team',
  'env',
  'account',
  'vpc',
  'az',
  'workload',
  'nat',
  'nataz',
  'crossaz',
  'client',
  'remote',
  'service',
  'provider',
  'domain',
  'region',
  'port',
  'protocol',
  'direction',
] as const;
export const GROUP_ONLY_KEYS = ['pair', 'hour', 'day', 'charge'] as const;

export type FilterKey = (typeof FILTER_KEYS)[number] | `label.${string}`;
export type GroupKey = FilterKey | (typeof GROUP_ONLY_KEYS)[number];

/** One value of a filter. `negated` keeps what has no value (contract, part 2). */
export interface FilterValue {
  readonly value: string;
  readonly negated: boolean;
}

/** A window in UTC. `from` ≤ start of a flow record < `to`; milliseconds since 1970. */
export interface TimeWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A question, understood. Frozen data: the compiler, the cache key and the log all read the same thing. */
export interface Query {
  /** As it was typed, cleaned of Slack's escapes. */
  readonly text: string;
  readonly where: ReadonlyMap<FilterKey, readonly FilterValue[]>;
  /** None, one or two. */
  readonly by: readonly GroupKey[];
  /** 1 to 1000. */
  readonly top: number;
  readonly window: TimeWindow;
  /** The text of `since`, as `24h`. */
  readonly since: string;
  readonly compare?: { readonly kind: 'previous' | 'lastweek'; readonly window: TimeWindow };
}
