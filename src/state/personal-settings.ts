import type { StateDb } from './open-state.js';
import { readPreference, writePreference } from './preferences.js';

/** What a person told netcost about themselves, in the App Home. */
export interface PersonalSettings {
  /** The teams that are theirs, as owners.yaml writes them; empty where they did not say. */
  readonly teams: readonly string[];
  /** IANA name of their time zone: what `/netcost subscribe … 09:00` means without one. Undefined where not said. */
  readonly zone: string | undefined;
}

const SETTINGS = 'settings';
export const NO_SETTINGS: PersonalSettings = { teams: [], zone: undefined };

/** What a person chose; nothing where they chose nothing, or where it cannot be read. */
export async function readPersonalSettings(db: StateDb, userId: string): Promise<PersonalSettings> {
  const kept = await readPreference(db, userId, SETTINGS);
  if (typeof kept !== 'object' || kept === null) return NO_SETTINGS;
  const { teams, zone } = kept as { readonly teams?: unknown; readonly zone?: unknown };
  return {
    teams: Array.isArray(teams) ? teams.filter((team) => typeof team === 'string') : [],
    zone: typeof zone === 'string' ? zone : undefined,
  };
}

export async function writePersonalSettings(db: StateDb, userId: string, settings: PersonalSettings): Promise<void> {
  await writePreference(db, userId, SETTINGS, settings);
}
