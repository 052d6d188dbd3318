import { Decimal } from 'decimal.js';
import { nextDue } from '../answers/digest-due.js';
import { teamFilter } from '../answers/digest-span.js';
import { readKnownHours, readMonth } from '../answers/month-so-far.js';
import type { Engine } from '../answers/open-engine.js';
import { markBudget, writeBudget } from '../state/budgets.js';
import type { State } from '../state/open-state.js';
import { writePersonalSettings } from '../state/personal-settings.js';
import { addSubscription } from '../state/subscriptions.js';
import { DEMO_CAST } from '../workspace/cast.js';

const ZONE = 'Europe/Berlin';
const [DANA, MIGUEL] = ['U0DANA001', 'U0MIGUEL1'];
const [COSTS, PAYMENTS] = ['C0COSTS01', 'C0PAY0001'];

/**
 * What people of the demo ordered before one comes in: two digests at nine, two budgets, and who is on which team. The
 * budgets are such that the next morning has news of them.
 */
export async function orderForDemo(parts: {
  readonly engine: Engine;
  readonly state: State;
  readonly nowMs: number;
}): Promise<void> {
  const { engine, nowMs } = parts;
  const { db } = parts.state;
  const homeId = DEMO_CAST.team.id;
  const daily = { every: 'daily', weekday: 1, minute: 9 * 60, zone: ZONE, homeId } as const;
  const nextMs = nextDue(daily, nowMs).atMs;
  await addSubscription(
    db,
    { ...daily, team: undefined, channel: COSTS, owner: DANA },
    { id: 'd0costs', nowMs, nextMs },
  );
  await addSubscription(
    db,
    { ...daily, team: 'payments', channel: PAYMENTS, owner: MIGUEL },
    { id: 'd0pay', nowMs, nextMs },
  );
  await writePersonalSettings(db, DANA, { teams: ['agents', 'payments'], zone: ZONE });
  await writePersonalSettings(db, MIGUEL, { teams: ['payments'], zone: ZONE });
  const knownHours = await readKnownHours(engine.store, nowMs);
  const ask: Engine['ask'] = (input) => engine.ask(input);
  for (const [team, share] of [
    ['agents', 0.785],
    ['payments', 0.6],
  ] as const) {
    const { soFar, monthFromMs } = await readMonth({ ask, knownHours }, teamFilter(team).trim(), nowMs);
    // On the first of a month there is nothing to measure a budget by.
    const usd = Decimal.max(new Decimal(soFar.usd ?? 0).div(share), 5).toFixed(2);
    const id = `b0${team}`;
    await writeBudget(db, { id, team, usd, channel: COSTS, ownerId: DANA, homeId, createdMs: nowMs });
    // Half of it was news days ago.
    const month = new Date(monthFromMs).toISOString().slice(0, 7);
    await markBudget(db, id, { month, level: 50, forecast: team === 'payments' }, undefined);
  }
}
