import type { Generated, Kysely, Migration } from 'kysely';
import {
  ALERT_INTAKE_MIGRATION,
  type DetectionsTable,
  type IntakeCountsTable,
  type SeenMessagesTable,
} from './alert-intake.js';
import { ATHENA_MIGRATION, type AthenaTables } from './athena-tables.js';
import { BUDGETS_MIGRATION, type BudgetsTable } from './budgets.js';
import { DELIVERIES_MIGRATION, type DeliveriesTable } from './deliveries.js';
import { INCIDENT_MIGRATION, type IncidentTables } from './incident-tables.js';
import { SUBSCRIPTIONS_MIGRATION, type SubscriptionsTable } from './subscriptions.js';

/** What outlives a restart. Times are UTC ms; structured values are JSON texts, the same in SQLite and Postgres. */
export interface StateSchema extends IncidentTables, AthenaTables {
  readonly seen_messages: SeenMessagesTable;
  readonly intake_counts: IntakeCountsTable;
  readonly detections: DetectionsTable;
  readonly budgets: BudgetsTable;
  readonly deliveries: DeliveriesTable;
  readonly subscriptions: SubscriptionsTable;
  readonly preferences: { readonly user_id: string; readonly name: string; readonly value: string };
  readonly runs: {
    readonly id: string;
    readonly place: string;
    readonly question: string;
    readonly started_ms: number;
  };
  readonly job_results: {
    readonly name: string;
    readonly started_ms: number;
    readonly took_ms: number;
    readonly outcome: string;
    readonly detail: string;
    readonly runs: Generated<number>;
    readonly failures: Generated<number>;
  };
}

/** The steps from nothing to today's schema, by name in order. A step is never changed after a release. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '001-preferences-runs-jobs': {
    up: async (db: Kysely<unknown>) => {
      await db.schema
        .createTable('preferences')
        .addColumn('user_id', 'text', (column) => column.notNull())
        .addColumn('name', 'text', (column) => column.notNull())
        .addColumn('value', 'text', (column) => column.notNull())
        .addPrimaryKeyConstraint('preferences_key', ['user_id', 'name'])
        .execute();
      await db.schema
        .createTable('runs')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('place', 'text', (column) => column.notNull())
        .addColumn('question', 'text', (column) => column.notNull())
        .addColumn('started_ms', 'bigint', (column) => column.notNull())
        .execute();
      await db.schema
        .createTable('job_results')
        .addColumn('name', 'text', (column) => column.primaryKey())
        .addColumn('started_ms', 'bigint', (column) => column.notNull())
        .addColumn('took_ms', 'bigint', (column) => column.notNull())
        .addColumn('outcome', 'text', (column) => column.notNull())
        .addColumn('detail', 'text', (column) => column.notNull())
        .addColumn('runs', 'bigint', (column) => column.notNull().defaultTo(0))
        .addColumn('failures', 'bigint', (column) => column.notNull().defaultTo(0))
        .execute();
    },
  },
  '002-deliveries': DELIVERIES_MIGRATION,
  '002-subscriptions': SUBSCRIPTIONS_MIGRATION,
  '003-budgets': BUDGETS_MIGRATION,
  '004-incidents': INCIDENT_MIGRATION,
  '005-alert-intake': ALERT_INTAKE_MIGRATION,
  '008-athena': ATHENA_MIGRATION,
};
