import type { FixId } from '../causes.js';

/** A change proposed, never executed. Money is decimal strings in USD; null where it is not known. */
export interface Fix {
  readonly id: FixId;
  readonly params: Readonly<Record<string, string | readonly string[]>>;
  readonly usdSavedPerDay: string | null;
  readonly usdCostPerDay: string | null;
  readonly terraform: string | null;
  readonly cli: string | null;
}

/** A fix that is advice alone: no parameters, no code, and nothing that it costs on the bill. */
export function advice(id: FixId, usdSavedPerDay: string | null = null): Fix {
  return { id, params: {}, usdSavedPerDay, usdCostPerDay: '0', terraform: null, cli: null };
}
