import type { StateDb } from './open-state.js';

/** What a person chose, by name: a JSON value. Undefined where they chose nothing, or where it cannot be read. */
export async function readPreference(db: StateDb, userId: string, name: string): Promise<unknown> {
  const row = await db
    .selectFrom('preferences')
    .select('value')
    .where('user_id', '=', userId)
    .where('name', '=', name)
    .executeTakeFirst();
  try {
    return row === undefined ? undefined : JSON.parse(row.value);
  } catch {
    return undefined;
  }
}

export async function writePreference(db: StateDb, userId: string, name: string, value: unknown): Promise<void> {
  const text = JSON.stringify(value);
  await db
    .insertInto('preferences')
    .values({ user_id: userId, name, value: text })
    .onConflict((conflict) => conflict.columns(['user_id', 'name']).doUpdateSet({ value: text }))
    .execute();
}
