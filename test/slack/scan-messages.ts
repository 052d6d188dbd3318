import type { AskProgress } from '../../src/answers/ask-progress.js';
import type { ConfirmReply } from '../../src/answers/reply.js';
import { NetcostError } from '../../src/errors.js';
import type { Message } from '../../src/slack/message.js';
import { errorMessage } from '../../src/slack/reply-blocks.js';
import {
  confirmScanMessage,
  scanProgressMessage,
  staleScanMessage,
  stoppingMessage,
} from '../../src/slack/scan-blocks.js';

const NOW = Date.parse('2026-11-22T12:03:25Z');
const QUESTION = 'team=payments since=7d by=service';

const confirm = (change: Partial<ConfirmReply> = {}): ConfirmReply => ({
  kind: 'confirm',
  title: 'This will scan 1.21 TiB, about $6.06',
  question: QUESTION,
  says: ['Athena, 2026-11-15 12:00 to 2026-11-22 12:00 UTC'],
  label: 'Scan 1.21 TiB for $6.06',
  line: 'scan team=payments since=2026-11-15T12:00..2026-11-22T12:00 by=service',
  untilMs: NOW + 1_800_000,
  notes: [
    '2 days are read twice, this once: netcost has to find out which rows count there.',
    'AWS bills what was read, also where the question is cancelled or cut off on the way.',
  ],
  ...change,
});
const progress = (change: Partial<AskProgress> = {}): AskProgress => ({
  engine: 'athena',
  state: 'running',
  waitedMs: 25_000,
  bytesScanned: 412e9,
  usd: '1.873630',
  ...change,
});
const show = (change: Partial<AskProgress> = {}): Message =>
  scanProgressMessage(QUESTION, 'run-1', progress(change), NOW);

/** What a question that AWS works out shows on its way. */
export const SCAN_MESSAGES: Readonly<Record<string, Message>> = {
  'scan-confirm': confirmScanMessage(confirm(), 'U0DANA001'),
  'scan-confirm-unknown': confirmScanMessage(
    confirm({
      title: 'How much this will scan is not known',
      label: 'Scan all the same',
      notes: confirm().notes.slice(1),
    }),
    'U0DANA001',
  ),
  'scan-confirm-total': confirmScanMessage(confirm({ question: '' }), 'U0DANA001'),
  'scan-stale': staleScanMessage(QUESTION),
  'scan-queued': show({ state: 'queued', waitedMs: 4_000, bytesScanned: 0, usd: '0' }),
  'scan-running': show(),
  'scan-reading': show({ state: 'reading', waitedMs: 190_000, bytesScanned: 1.33e12, usd: '6.060791' }),
  'scan-running-insights': show({ engine: 'logs-insights', bytesScanned: 3e9, usd: '0.015000' }),
  'scan-stopping': stoppingMessage(QUESTION, progress()),
  'scan-cancelled': errorMessage(
    new NetcostError('cancelled', 'The question was cancelled.', {
      hint: 'Athena bills what it had read: 383.7 GiB, $1.87.',
    }),
    'abcd1234',
  ),
  'scan-refused': errorMessage(
    new NetcostError('denied', 'This would scan 4.10 TiB, about $20.50; one question may scan 1.82 TiB.', {
      hint: 'Ask for a shorter window; an admin sets data.athena.limits.',
    }),
    'abcd1234',
  ),
};

const LONG = `label.${'x'.repeat(40)}=${'<!channel>`*_&'.repeat(300)} by=service`;

/** Questions that no button holds, from people who mean no good. */
export const LARGEST_SCANS: Readonly<Record<string, Message>> = {
  'scan-confirm': confirmScanMessage(confirm({ question: LONG, line: `scan ${LONG}` }), 'U0DANA001'),
  'scan-stale': staleScanMessage(LONG),
  'scan-running': scanProgressMessage(LONG, 'run-1', progress(), NOW),
  'scan-stopping': stoppingMessage(LONG, progress()),
};
