import type { Generated, Kysely, Migration } from 'kysely';

/** Incidents with their alerts, their messages in Slack and their notes. Lists and reports are JSON texts. */
export interface IncidentTables {
  readonly incidents: {
    readonly id: string;
    readonly kind: string;
    readonly title: string;
    readonly state: string;
    readonly state_by: string | null;
    readonly state_ms: number;
    readonly snooze_until_ms: number | null;
    readonly is_security: number;
    readonly is_burst: number;
    /** Slack channel, and the message that the thread hangs below where that is not netcost's own headline. */
    readonly channel: string;
    readonly thread_ts: string | null;
    readonly gateways: string;
    readonly accounts: string;
    readonly regions: string;
    readonly teams: string;
    readonly alert: string;
    readonly usd: string | null;
    readonly usd_per_day: string | null;
    readonly opened_ms: number;
    readonly updated_ms: number;
    readonly alert_count: Generated<number>;
    /** When a diagnosis is due; null where none is. */
    readonly diagnose_ms: number | null;
    readonly diagnose_why: string | null;
    readonly runs: Generated<number>;
    readonly diagnosed: string | null;
    readonly diagnosed_ms: number | null;
    readonly progress: string | null;
    /** What is to be told to Cost Anomaly Detection, and what came of it. */
    readonly feedback: string | null;
    readonly feedback_result: string | null;
    /** What the bytes did after a fix, in a word or two. */
    readonly verdict: string | null;
    /** Follow-ups, each a moment: UTC ms or null. */
    readonly trail_again_ms: number | null;
    readonly watch_ms: number | null;
    readonly verdict_ms: number | null;
    readonly next_ms: number | null;
    readonly wake: Generated<number>;
    readonly lease_by: string | null;
    readonly lease_until_ms: number | null;
  };
  readonly incident_alerts: {
    readonly incident_id: string;
    readonly alert_id: string;
    readonly kind: string;
    readonly title: string;
    readonly state: string;
    readonly usd: string | null;
    readonly sent_ms: number | null;
    readonly first_ms: number;
    readonly last_ms: number;
    readonly times: number;
    readonly digest: string;
    readonly payload: string | null;
  };
  readonly incident_posts: {
    readonly incident_id: string;
    readonly slot: string;
    readonly channel: string;
    readonly ts: string;
    readonly shown: string;
    readonly posted_ms: number;
  };
  readonly incident_notes: {
    readonly incident_id: string;
    readonly slot: string;
    readonly at_ms: number;
    readonly says: string;
  };
  readonly incident_gate: { readonly id: number; readonly passed: number };
}

/** The step that makes the tables. */
export const INCIDENT_MIGRATION: Migration = {
  up: async (db: Kysely<unknown>) => {
    let incidents = db.schema.createTable('incidents').addColumn('id', 'text', (column) => column.primaryKey());
    for (const name of ['kind', 'title', 'state', 'channel', 'gateways', 'accounts', 'regions', 'teams', 'alert'])
      incidents = incidents.addColumn(name, 'text', (column) => column.notNull());
    for (const name of [
      'state_by',
      'thread_ts',
      'usd',
      'usd_per_day',
      'diagnose_why',
      'diagnosed',
      'progress',
      'feedback',
      'feedback_result',
      'verdict',
      'lease_by',
    ])
      incidents = incidents.addColumn(name, 'text');
    for (const name of ['state_ms', 'is_security', 'is_burst', 'opened_ms', 'updated_ms'])
      incidents = incidents.addColumn(name, 'bigint', (column) => column.notNull());
    for (const name of ['alert_count', 'runs', 'wake'])
      incidents = incidents.addColumn(name, 'bigint', (column) => column.notNull().defaultTo(0));
    for (const name of [
      'snooze_until_ms',
      'diagnose_ms',
      'diagnosed_ms',
      'trail_again_ms',
      'watch_ms',
      'verdict_ms',
      'next_ms',
      'lease_until_ms',
    ])
      incidents = incidents.addColumn(name, 'bigint');
    await incidents.execute();
    await db.schema.createIndex('incidents_due').on('incidents').column('next_ms').execute();
    await db.schema
      .createTable('incident_alerts')
      .addColumn('incident_id', 'text', (column) => column.notNull())
      .addColumn('alert_id', 'text', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('title', 'text', (column) => column.notNull())
      .addColumn('state', 'text', (column) => column.notNull())
      .addColumn('usd', 'text')
      .addColumn('sent_ms', 'bigint')
      .addColumn('first_ms', 'bigint', (column) => column.notNull())
      .addColumn('last_ms', 'bigint', (column) => column.notNull())
      .addColumn('times', 'bigint', (column) => column.notNull())
      .addColumn('digest', 'text', (column) => column.notNull())
      .addColumn('payload', 'text')
      .addPrimaryKeyConstraint('incident_alerts_key', ['incident_id', 'alert_id'])
      .execute();
    await db.schema.createIndex('incident_alerts_id').on('incident_alerts').column('alert_id').execute();
    await db.schema
      .createTable('incident_posts')
      .addColumn('incident_id', 'text', (column) => column.notNull())
      .addColumn('slot', 'text', (column) => column.notNull())
      .addColumn('channel', 'text', (column) => column.notNull())
      .addColumn('ts', 'text', (column) => column.notNull())
      .addColumn('shown', 'text', (column) => column.notNull())
      .addColumn('posted_ms', 'bigint', (column) => column.notNull())
      .addPrimaryKeyConstraint('incident_posts_key', ['incident_id', 'slot'])
      .execute();
    await db.schema
      .createTable('incident_notes')
      .addColumn('incident_id', 'text', (column) => column.notNull())
      .addColumn('slot', 'text', (column) => column.notNull())
      .addColumn('at_ms', 'bigint', (column) => column.notNull())
      .addColumn('says', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('incident_notes_key', ['incident_id', 'slot'])
      .execute();
    // One row that everybody who opens an incident updates first: alerts of several replicas pass one at a time.
    await db.schema
      .createTable('incident_gate')
      .addColumn('id', 'bigint', (column) => column.primaryKey())
      .addColumn('passed', 'bigint', (column) => column.notNull())
      .execute();
    await (db as Kysely<IncidentTables>).insertInto('incident_gate').values({ id: 1, passed: 0 }).execute();
  },
};
