import { openAwsAccess } from '../aws/access.js';
import { readTableColumns, readWorkGroup } from '../aws/athena-setup.js';
import type { Config } from '../config.js';
import { describeError, NetcostError } from '../errors.js';
import { columnOf, type FlowTable, partitionColumns } from '../flows/ddl.js';
import type { CheckLine } from '../slack/check-slack.js';
import { formatBytes } from '../units.js';
import { accountsOf } from './accounts.js';
import { athenaPlace, tablesOf } from './athena.js';

const TIME_LIMIT_MS = 60_000;

/**
 * What `netcost check` says of Athena: the work group with its place of results and its limit of bytes, and each table,
 * whose columns must be those of the flow log's format. Runs no statement, so it costs nothing. Never throws.
 */
export async function checkAthena(config: Config): Promise<readonly CheckLine[]> {
  const { athena } = config.data;
  if (athena === undefined) return [];
  const access = openAwsAccess(accountsOf(config.aws.accounts), { maxAttempts: 2 });
  const signal = AbortSignal.timeout(TIME_LIMIT_MS);
  const place = athenaPlace(config, athena);
  const failed = (subject: string, error: unknown, action: string, fix?: string): CheckLine => {
    if (!(error instanceof NetcostError)) return { ok: false, subject, says: describeError(error) };
    const isRefused = error.message.startsWith('AWS does not allow');
    const advice = isRefused ? `Add to the role's policy: ${statement(action)}` : (fix ?? error.hint);
    return { ok: false, subject, says: error.message, ...(advice === undefined ? {} : { fix: advice }) };
  };
  const group = async (): Promise<CheckLine> => {
    const subject = `Athena ${athena.workGroup}`;
    try {
      const { isEnabled, limitBytes, hasResultPlace } = await readWorkGroup(access, place, athena.workGroup, signal);
      if (!isEnabled)
        return { ok: false, subject, says: 'the work group is disabled.', fix: 'Enable it, or name another.' };
      if (!hasResultPlace && athena.outputLocation === undefined) {
        const fix = 'Set data.athena.outputLocation to s3://BUCKET/PREFIX, or a place in the work group.';
        return { ok: false, subject, says: 'the work group has no place for results.', fix };
      }
      if (limitBytes === undefined) {
        const bytes = athena.limits.questionGb * 1e9;
        const fix = `aws athena update-work-group --region ${athena.region} --work-group ${athena.workGroup} --configuration-updates EnforceWorkGroupConfiguration=true,BytesScannedCutoffPerQuery=${bytes}`;
        return { ok: false, subject, says: 'the work group cuts off no statement, however much it reads.', fix };
      }
      return { ok: true, subject, says: `a statement is cut off above ${formatBytes(limitBytes)}` };
    } catch (error) {
      return failed(
        subject,
        error,
        'athena:GetWorkGroup',
        'Name a work group of that Region in data.athena.workGroup.',
      );
    }
  };
  const table = async (one: FlowTable): Promise<CheckLine> => {
    const subject = `Table ${one.name}`;
    const { database, name } = one;
    try {
      const found = await readTableColumns(
        access,
        place,
        { catalog: one.catalog ?? 'AwsDataCatalog', database, name },
        signal,
      );
      const lacks = [
        ...one.fields.map(columnOf).filter((column, i) =>
          // Text has no names: the column has to stand where the field stands.
          one.file === 'text' ? found.columns[i] !== column : !found.columns.includes(column),
        ),
        ...partitionColumns(one).filter((column) => !found.partitions.includes(column)),
      ];
      if (lacks.length === 0) return { ok: true, subject, says: `${one.fields.length} fields in ${database}` };
      const says = `${lacks.slice(0, 5).join(', ')}${lacks.length > 5 ? ', …' : ''}: not where the format has it.`;
      return { ok: false, subject, says, fix: 'Drop the table and make it as netcost ddl prints it.' };
    } catch (error) {
      return failed(
        subject,
        error,
        'athena:GetTableMetadata',
        `Make it in ${database}: netcost ddl prints the statement.`,
      );
    }
  };
  try {
    return await Promise.all([group(), ...tablesOf(athena).map(table)]);
  } finally {
    access.close();
  }
}

/** Athena answers for Glue: whoever may ask the one has to be allowed the other. */
const statement = (action: string): string =>
  JSON.stringify({
    Effect: 'Allow',
    Action: action === 'athena:GetTableMetadata' ? [action, 'glue:GetTable', 'glue:GetDatabase'] : [action],
    Resource: '*',
  });
