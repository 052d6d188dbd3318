import type { Query } from '../query/query.js';

/** Exact counts of one group of flow records. All are whole numbers; bytes include IP headers, as flow logs do. */
export interface Sums {
  readonly bytes: bigint;
  readonly bytesUp: bigint;
  readonly bytesDown: bigint;
  readonly packets: bigint;
  /** Flow records that were summed. */
  readonly flows: bigint;
  /** NAT data-processing charge, a decimal string with at least 4 decimals; absent where a part has no price. */
  readonly usd?: string;
}

/** A value of a key: null where it is not known. */
export type KeyValue = string | number | null;

export interface AnswerRow extends Sums {
  /** One entry per `by` of the question; `pair` is "client>remote". */
  readonly key: Readonly<Record<string, KeyValue>>;
  /** Only by charge: what it is taken on, in GB of 2^30 bytes or started hours, and at which rate where it is one. */
  readonly charge?: {
    readonly units: string;
    readonly unit: 'GB' | 'hour';
    readonly usdPerUnit?: string;
    readonly source?: string;
    readonly asOf?: string;
  };
  /** Only with `compare`: the same group in the earlier window, zero where there was nothing. */
  readonly previous?: { readonly bytes: bigint; readonly usd?: string };
}

/** What part of the asked window the logs cover, and what was passed over. */
export interface Coverage {
  readonly hoursAsked: number;
  readonly hoursWithData: number;
  /** ISO time up to which logs have arrived; null where the store is empty. */
  readonly completeUntil: string | null;
  readonly gatewaysWithoutLogs: readonly string[];
  readonly skipDataRows: number;
  readonly noDataRows: number;
  readonly rejectedFlows: number;
  readonly malformedLines: number;
  /** True where something is known to be missing: the totals are then a lower bound. */
  readonly lowerBound: boolean;
}

/** The answer to one question, as data. Slack blocks, the terminal table, JSON and CSV are rendered from it. */
export interface Answer {
  readonly query: Query;
  /** What was really summed: from ≤ start of a flow record < to, ISO times in UTC. */
  readonly window: { readonly from: string; readonly to: string };
  readonly rows: readonly AnswerRow[];
  /** The groups that `top` cut off. */
  readonly rest: { readonly groups: number; readonly bytes: bigint; readonly usd?: string };
  readonly total: Sums & { readonly previous?: { readonly bytes: bigint; readonly usd?: string } };
  readonly coverage: Coverage;
  /** Sentences for a person, the most important first. */
  readonly caveats: readonly string[];
  readonly cost: {
    readonly engine: 'embedded' | 'athena' | 'logs-insights';
    readonly bytesScanned: number;
    readonly usd: string;
  };
  readonly tookMs: number;
  /** The statement that ran, for "show the query". */
  readonly statement: string;
}
