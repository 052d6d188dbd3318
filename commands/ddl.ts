import { type FlowLogFormat, planTables } from '../src/answers/athena-tables.js';
import type { Call, Reply } from '../src/answers/reply.js';
import { NetcostError } from '../src/errors.js';
import { checkName } from '../src/flows/ddl.js';
import { rollupDdl } from '../src/query/athena/rollup-legs.js';

export const name = 'ddl';
export const usage = 'ddl [DATABASE]';
export const summary = 'the Athena tables of your flow logs, as statements to run, and the config that names them';

interface DdlDeps {
  /** The flow logs of all configured accounts and Regions. */
  readonly flowLogs: (signal?: AbortSignal) => Promise<readonly FlowLogFormat[]>;
}

const DEFAULT_DATABASE = 'netcost';

/** Prints what makes the tables; makes none itself. Throws NetcostError('usage'), and what asking AWS throws. */
export async function handle(deps: DdlDeps, call: Call): Promise<Reply> {
  const words = call.text.split(/\s+/).filter((word) => word !== '');
  if (words.length > 1) {
    throw new NetcostError('usage', `ddl takes one word, the database; got ${words.length}.`, {
      hint: `Usage: ${usage}`,
    });
  }
  const database = checkName(words[0] ?? DEFAULT_DATABASE);
  const logs = await deps.flowLogs(call.signal);
  const plans = planTables(logs, database);
  const others = logs.length - plans.reduce((sum, { table }) => sum + table.flowLogIds.length, 0);
  if (plans.length === 0) {
    throw new NetcostError('input', 'None of the configured accounts and Regions has a flow log that goes to S3.', {
      hint: 'Look at aws.accounts in the config. Flow logs in CloudWatch Logs need no table.',
    });
  }
  const ddl = plans.map((plan) => `${plan.ddl};`).join('\n\n');
  const config = plans.map(({ table, place }) => configOf(table, place)).join('\n');
  return {
    kind: 'table',
    title: plans.length === 1 ? 'One table' : `${plans.length} tables`,
    columns: [
      { title: 'table', align: 'left' },
      { title: 'objects', align: 'left' },
      { title: 'flow logs', align: 'left' },
    ],
    rows: plans.map(({ table, place }) => [
      `${table.database}.${table.name}`,
      `${place.location}, ${table.file}, ${table.layout}${table.isHourly ? ', by hour' : ''}`,
      table.flowLogIds.join(', '),
    ]),
    empty: '',
    notes: [
      'Run the statements in Athena (CREATE DATABASE first), and put the lines below them into netcost.yml.',
      ...(others > 0
        ? [
            `${others} ${others === 1 ? 'flow log goes' : 'flow logs go'} elsewhere than to S3 and ${others === 1 ? 'needs' : 'need'} no table.`,
          ]
        : []),
    ],
    code: {
      title: 'Statements and config',
      text: `${ddl}\n\n-- Where netcost keeps sums by the hour (optional; docs/athena.md):\n${rollupDdl(database, 'flow_rollup', 's3://YOUR-BUCKET/netcost-rollup')};\n\n-- netcost.yml, below data:\n--   athena:\n--     database: ${database}\n--     tables:\n${config}`,
    },
    json: { ddl: plans.map((plan) => plan.ddl), tables: plans.map(({ table, place }) => ({ ...table, ...place })) },
  };
}

type Plan = ReturnType<typeof planTables>[number];

function configOf(table: Plan['table'], place: Plan['place']): string {
  return [
    `--       - name: ${table.name}`,
    `--         format: ${JSON.stringify(table.fields.join(' '))}`,
    `--         file: ${table.file}`,
    `--         layout: ${table.layout}`,
    `--         hourly: ${table.isHourly}`,
    `--         flowLogs: [${table.flowLogIds.join(', ')}]`,
    `--         location: ${place.location}`,
    `--         accounts: [${place.accounts.map((account) => `"${account}"`).join(', ')}]`,
    `--         regions: [${place.regions.join(', ')}]`,
  ].join('\n');
}
