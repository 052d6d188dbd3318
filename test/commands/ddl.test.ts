// biome-ignore-all lint/suspicious/noTemplateCurlyInString: AWS's own placeholders
import { expect, it } from 'vitest';
import { handle } from '../../commands/ddl.js';
import type { FlowLogFormat } from '../../src/answers/athena-tables.js';
import { TERMINAL } from '../../src/answers/reply.js';

const log = (id: string, more: Partial<FlowLogFormat> = {}): FlowLogFormat => ({
  id,
  accountId: '111122223333',
  region: 'us-east-1',
  format: '${version} ${srcaddr} ${dstaddr} ${bytes} ${start} ${end}',
  destination: 'arn:aws:s3:::logs/net/',
  logGroup: undefined,
  file: 'text',
  layout: 'date',
  isHourly: false,
  createdMs: Date.UTC(2026, 9, 3),
  ...more,
});
const ddl = (logs: readonly FlowLogFormat[], text = '') =>
  handle({ flowLogs: async () => logs }, { text, nowMs: 0, caller: TERMINAL });

it('makes one table for logs of one format and place, whatever account and Region', async () => {
  const reply = await ddl([
    log('fl-a'),
    log('fl-b', { accountId: '444455556666', region: 'eu-west-1' }),
    log('fl-c', { file: 'parquet', layout: 'hive', isHourly: true }),
    log('fl-d', { destination: '', logGroup: 'flow' }),
  ]);
  if (reply.kind !== 'table') throw new Error('no table');
  expect(reply.rows.map(([, objects, logs]) => [objects, logs])).toEqual([
    ['s3://logs/net, text, date', 'fl-a, fl-b'],
    ['s3://logs/net, parquet, hive, by hour', 'fl-c'],
  ]);
  expect(reply.notes[1]).toBe('1 flow log goes elsewhere than to S3 and needs no table.');
  expect(reply.code!.text).toContain("'projection.p_account.values' = '111122223333,444455556666'");
  expect(reply.code!.text).toContain("'projection.p_day.range' = '2026/10/03,NOW'");
  expect(reply.code!.text).toContain('--         flowLogs: [fl-a, fl-b]');
  // The same logs give the same names, so that a table is found again.
  expect(await ddl([log('fl-a')])).toEqual(await ddl([log('fl-a')]));
});

it('refuses a hostile database, and says where there is nothing to make a table of', async () => {
  await expect(ddl([log('fl-a')], 'x`;drop')).rejects.toMatchObject({ code: 'usage' });
  await expect(ddl([log('fl-a')], 'a b')).rejects.toThrow('takes one word');
  await expect(ddl([log('fl-d', { destination: '' })])).rejects.toThrow('None of the configured accounts');
});
