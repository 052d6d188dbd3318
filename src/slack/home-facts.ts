import type { BudgetStanding } from '../answers/budget.js';
import type { Amount } from '../answers/forecast.js';
import type { Caller } from '../answers/reply.js';
import type { PersonalSettings } from '../state/personal-settings.js';

/** A part of the home, or why it could not be read: one part that fails leaves the others standing. */
export type Part<T> = { readonly value: T } | { readonly problem: string };

/** One team's month; `team` undefined is the whole organisation. */
export interface HomeMonth {
  readonly team: string | undefined;
  readonly soFar: Amount;
  readonly whole: Amount | undefined;
  /** Undefined where nobody set a budget. */
  readonly budget: BudgetStanding | undefined;
  /** Hours of the month that are known, and those that are not. */
  readonly knownHours: number;
  readonly gapHours: number;
}

export interface HomeIncident {
  readonly title: string;
  readonly openedMs: number;
  /** Id of the channel where its thread is. */
  readonly channel: string;
}

export interface HomeSubscription {
  /** "payments, daily at 09:00 Europe/Berlin". */
  readonly title: string;
  /** A channel's id, or a person's for their direct messages. */
  readonly channel: string;
  /** "paused", and why; undefined where it comes. */
  readonly note: string | undefined;
}

/** How far the data can be trusted. */
export interface HomeHealth {
  /** ISO time up to which data has arrived; null where there is none. */
  readonly completeUntil: string | null;
  /** Where it comes from: "Flow logs", "CloudWatch metrics". */
  readonly source: string;
  /** What is said in place of how far it has arrived, where that is no question. */
  readonly instead?: string;
  /** What is wrong, a sentence each; empty where nothing is. */
  readonly problems: readonly string[];
}

/** What a person's home shows, beside who they are. */
export interface HomeFacts {
  readonly nowMs: number;
  readonly months: Part<readonly HomeMonth[]>;
  /** Undefined where nobody watches for incidents. */
  readonly incidents: Part<readonly HomeIncident[]> | undefined;
  /** Undefined where nothing can be subscribed to. */
  readonly subscriptions: Part<readonly HomeSubscription[]> | undefined;
  readonly health: Part<HomeHealth>;
}

/** Whose home it is. */
export interface HomeAsker {
  readonly caller: Caller;
  readonly userId: string;
  readonly settings: PersonalSettings;
}

/** What the App Home needs of the rest of netcost. */
export interface HomeDeps {
  readonly facts: (asker: HomeAsker) => Promise<HomeFacts>;
  readonly readSettings: (userId: string) => Promise<PersonalSettings>;
  readonly writeSettings: (userId: string, settings: PersonalSettings) => Promise<void>;
}

/**
 * The teams whose months a person's home shows: those they chose and may see, else those they may see where these are
 * few, and the organisation for who sees every team.
 */
export function homeTeams({ caller, settings }: HomeAsker, most: number): readonly (string | undefined)[] {
  const { teams } = caller;
  const own = settings.teams.filter((team) => teams === 'all' || teams.includes(team.toLowerCase()));
  const chosen = own.length > 0 || teams === 'all' ? own : teams;
  return [...(teams === 'all' ? [undefined] : []), ...chosen].slice(0, most);
}
