import type { Answer } from '../../src/answers/answer.js';
import type { Reply } from '../../src/answers/reply.js';
import { NetcostError } from '../../src/errors.js';
import { answerMessage } from '../../src/slack/answer-blocks.js';
import { composerView, FIRST_CHOICES, waitingView } from '../../src/slack/composer-view.js';
import { csvSentMessage } from '../../src/slack/csv-file.js';
import { homeView } from '../../src/slack/home-view.js';
import { interruptedMessage } from '../../src/slack/interrupted.js';
import { faultLine, LINES, lineMessage, sharedLine } from '../../src/slack/lines.js';
import type { Message } from '../../src/slack/message.js';
import { errorMessage, progressMessage, replyMessage } from '../../src/slack/reply-blocks.js';
import { confirmMessage } from '../../src/slack/share.js';
import { shareView } from '../../src/slack/share-view.js';
import { noticeView, statementView } from '../../src/slack/statement-view.js';
import { subscribeView } from '../../src/slack/subscribe-view.js';
import { answerTo } from '../end-to-end/demo-fixture.js';
import { DIGEST_MESSAGES, LARGEST_DIGESTS, SUBSCRIPTION_MESSAGES } from './digest-messages.js';
import { LARGEST_MONTH_MESSAGES, LARGEST_MONTH_VIEWS, MONTH_MESSAGES, MONTH_VIEWS } from './month-messages.js';
import { LARGEST_SCANS, SCAN_MESSAGES } from './scan-messages.js';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const GIB = 1024n ** 3n;

const place = (text: string) => ({ asked: { text, nowMs: NOW }, canShare: true });
const answer = (text: string, rows: readonly (readonly [string, bigint])[], change: Partial<Answer> = {}): Answer => ({
  ...answerTo(text, NOW, rows),
  ...change,
});
const of = (given: Answer): Message => answerMessage(given, place(given.query.text));

const services: readonly (readonly [string, bigint])[] = [
  ['S3', 93n * GIB],
  ['Datadog', 11n * GIB],
  ['DYNAMODB', 4n * GIB],
  ['EC2', GIB / 2n],
];
const days = Array.from({ length: 7 }, (_, index) => [`2026-11-${14 + index}`, BigInt(index + 1) * GIB] as const);

const hours = [0, 1, 2, 9, 10, 23, 24].map(
  (hour) => [new Date(NOW - (24 - hour) * 3_600_000).toISOString(), BigInt(hour + 1) * GIB] as const,
);

const helpReply: Reply = {
  kind: 'help',
  intro: 'I read flow logs.',
  sections: [{ title: 'Questions', entries: [{ code: 'since=24h by=team', says: 'what each team sent' }] }],
};
const tableReply = (rows: readonly (readonly (string | null)[])[]): Reply => ({
  kind: 'table',
  title: 'Who is behind these addresses?',
  columns: [
    { title: 'address', align: 'left' },
    { title: 'who', align: 'left' },
  ],
  rows,
  empty: 'No address was given.',
  notes: ['From owners.yaml.'],
});

/** Charges: bytes stand with data processing alone, and each says what it is taken on. */
function chargesAnswer(): Answer {
  const charges = [
    ['data transfer out', '12', 'GB', '0.09', '1.080000'],
    ['data processing', '12', 'GB', '0.045', '0.540000'],
    ['gateway hours', '24', 'hour', undefined, undefined],
  ] as const;
  const base = answer('nat=nat-1 since=24h by=charge', [['data processing', 12n * GIB]]);
  const [first] = base.rows;
  return {
    ...base,
    rows: charges.map(([charge, units, unit, usdPerUnit, usd]) => ({
      ...first!,
      bytes: charge === 'data processing' ? 12n * GIB : 0n,
      key: { charge },
      charge: { units, unit, ...(usdPerUnit !== undefined && { usdPerUnit }) },
      usd: usd!,
    })),
    caveats: ['No price is known for gateway hours in xx-1.'],
  };
}

/** Every message that the app can send, in its usual size. One line here per kind; each has a golden. */
export const MESSAGES: Readonly<Record<string, Message>> = {
  'answer-by-service': of(answer('team=payments since=24h by=service', services)),
  'answer-by-day': of(answer('since=7d by=day', days)),
  'answer-by-hour': of(answer('since=24h by=hour top=48', hours)),
  'answer-by-charge': of(chargesAnswer()),
  'answer-total-only': of(answer('team=payments since=yesterday', services)),
  'answer-compared': of(
    answer('since=24h by=team compare=previous', [
      ['payments', 9n * GIB],
      ['search', GIB],
    ]),
  ),
  'answer-two-keys': of(
    answer('by=team,service service=S3', [
      ['payments', GIB],
      ['search', GIB / 3n],
    ]),
  ),
  'answer-empty': of(answer('team=nosuch since=1h by=service', [])),
  'answer-without-price': of(
    (({ usd: _, ...total }) =>
      answer('nat=nat-1 by=service', services, { total, caveats: ['nat-1 is in a Region without a price.'] }))(
      answer('by=service', services).total,
    ),
  ),
  'answer-with-gaps': of(
    answer('since=24h by=service', services, {
      caveats: ['2 objects could not be read to their end.'],
      coverage: { ...answer('by=service', services).coverage, hoursWithData: 20, lowerBound: true },
      rest: { groups: 7, bytes: 3n * GIB, usd: '0.1350' },
    }),
  ),
  'answer-shared': answerMessage(answer('since=24h by=service', services), {
    ...place('since=24h by=service'),
    sharedBy: 'U0DANA001',
    canShare: false,
  }),
  'answer-in-direct-message': answerMessage(answer('since=24h by=service', services), {
    ...place('since=24h by=service'),
    canShare: false,
  }),
  help: replyMessage(helpReply, place('help')),
  table: replyMessage(
    tableReply([
      ['10.20.5.7', 'payments'],
      ['52.216.1.1', null],
    ]),
    place('who'),
  ),
  'table-empty': replyMessage(tableReply([]), place('who')),
  text: replyMessage({ kind: 'text', lines: ['One line.', 'Another one.'] }, place('')),
  progress: progressMessage('team=payments since=4w by=remote', 'run-1'),
  'error-usage': errorMessage(
    new NetcostError('usage', '"taem" is no word of a question.', { hint: 'Did you mean team?' }),
    'abcd1234',
  ),
  'error-denied': errorMessage(
    new NetcostError('denied', 'netcost answers full members only.', { hint: 'Ask an admin of netcost.' }),
    'abcd1234',
  ),
  'error-upstream': errorMessage(
    new NetcostError('upstream', 'Slack could not be reached.', { hint: 'Try again in a moment.' }),
    'abcd1234',
  ),
  'error-internal': errorMessage(new TypeError('x is undefined'), 'abcd1234'),
  cancelled: errorMessage(new NetcostError('cancelled', 'Stopped.'), 'abcd1234'),
  'share-confirm': confirmMessage(
    { name: '#cloud-costs', isPrivate: false, isExternal: false, people: 240, withoutRights: 0, isUnchecked: true },
    { text: 'by=team', nowMs: NOW },
  ),
  'share-confirm-unknown': confirmMessage(
    { name: '<#C0123>', isPrivate: true, isExternal: false, people: undefined, withoutRights: 0, isUnchecked: true },
    { text: 'by=team', nowMs: NOW },
  ),
  interrupted: interruptedMessage('since=4w by=remote'),
  'csv-sent': csvSentMessage('netcost-2026-11-20-service.csv'),
  ...DIGEST_MESSAGES,
  ...SUBSCRIPTION_MESSAGES,
  'line-shared': sharedLine('C0123'),
  'line-fault': faultLine('abcd1234'),
  ...MONTH_MESSAGES,
  ...SCAN_MESSAGES,
  ...Object.fromEntries(Object.entries(LINES).map(([name, text]) => [`line-${name}`, lineMessage(text)])),
};

const request = (text: string) => ({
  text,
  nowMs: NOW,
  place: { channelId: 'C1', userId: 'U1' },
  teamId: 'T1',
  via: 'share',
});

/** Every window that the app can open. */
export const VIEWS: Readonly<Record<string, { readonly type: string; readonly blocks: readonly unknown[] }>> = {
  'view-composer': composerView({ teams: ['payments', 'search'], choices: FIRST_CHOICES, metadata: '{}' }),
  'view-composer-problem': composerView({
    teams: [],
    choices: { ...FIRST_CHOICES, more: 'servcie=S3' },
    problem: '"servcie" is no word of a question.',
    metadata: '{}',
  }),
  'view-waiting': waitingView(),
  'view-statement': statementView('by=service', 'SELECT sum(bytes)\nFROM legs\nWHERE a < 3'),
  'view-subscribe': subscribeView({
    teams: ['payments', 'search'],
    maySeeAll: true,
    zone: 'Europe/Berlin',
    channelId: 'C1',
    metadata: '{}',
  }),
  'view-subscribe-nothing': subscribeView({
    teams: [],
    maySeeAll: false,
    zone: 'UTC',
    channelId: 'D1',
    metadata: '{}',
  }),
  'view-notice': noticeView('The query', 'One moment …'),
  'view-share': shareView(request('since=24h by=team'), 'C1'),
  'view-home': homeView({ teams: 'all', roles: ['member', 'admin'] }),
  'view-home-denied': homeView({ problem: 'netcost answers full members only.' }),
  ...MONTH_VIEWS,
};

const long = (length: number) => '<!channel>&*_~`"\' '.repeat(Math.ceil(length / 18)).slice(0, length);
const manyRows = (count: number, by: string): Answer => {
  const text = `since=24h by=${by} compare=previous top=1000`;
  return answer(
    text,
    Array.from({ length: count }, (_, index) => [`${index} ${long(300)}`, 10n ** 15n - BigInt(index)] as const),
    {
      caveats: Array.from({ length: 50 }, () => long(1_000)),
      rest: { groups: 10 ** 9, bytes: 10n ** 18n, usd: '99999999999.999999' },
    },
  );
};
const longQuestion = `team=${Array.from({ length: 180 }, (_, index) => `team-${index}-abcdefghij`).join(',')} by=service`;

/** The same at their largest and their most hostile. */
export const LARGEST: Readonly<Record<string, Message>> = {
  ...LARGEST_DIGESTS,
  'a thousand rows': of(manyRows(1_000, 'team')),
  'a thousand rows of two keys': of(manyRows(1_000, 'pair,service')),
  'hours of four weeks': of(
    answer(
      'since=4w by=hour top=1000',
      Array.from({ length: 672 }, (_, index) => [new Date(NOW - index * 3_600_000).toISOString(), 10n ** 14n] as const),
    ),
  ),
  'twenty days': of(
    answer(
      'since=20d by=day top=20',
      Array.from({ length: 20 }, (_, index) => [new Date(NOW - index * 86_400_000).toISOString(), 10n ** 14n] as const),
    ),
  ),
  'a long question': of(answer(longQuestion, services)),
  'a shared thousand rows': answerMessage(manyRows(1_000, 'team'), {
    ...place('by=team'),
    sharedBy: 'U0DANA001',
    canShare: false,
  }),
  'labels that are equal when cut': of(
    answer(
      'by=team',
      Array.from({ length: 6 }, (_, index) => [`the same long name ${'x'.repeat(40)} ${index}`, GIB] as const),
    ),
  ),
  'empty and strange names': of(
    answer('by=team', [
      ['', GIB],
      [' ', GIB],
      ['\u202e\u0000\n', GIB],
      ['😀'.repeat(60), GIB],
    ]),
  ),
  help: replyMessage(
    {
      kind: 'help',
      intro: long(5_000),
      sections: Array.from({ length: 60 }, () => ({
        title: long(200),
        entries: Array.from({ length: 80 }, () => ({ code: long(80), says: long(200) })),
      })),
    },
    place(''),
  ),
  table: replyMessage(tableReply(Array.from({ length: 1_000 }, () => [long(400), null])), place('')),
  'a wide table': replyMessage(
    {
      kind: 'table',
      title: long(400),
      columns: Array.from({ length: 30 }, () => ({ title: long(60), align: 'left' as const })),
      rows: [Array.from({ length: 30 }, () => long(60))],
      empty: '',
      notes: Array.from({ length: 40 }, () => long(900)),
    },
    place(''),
  ),
  text: replyMessage({ kind: 'text', lines: Array.from({ length: 500 }, () => long(500)) }, place('')),
  'no text': replyMessage({ kind: 'text', lines: [] }, place('')),
  progress: progressMessage(long(4_000), 'run-1'),
  error: errorMessage(new NetcostError('usage', long(50_000), { hint: long(50_000) }), 'abcd1234'),
  confirm: confirmMessage(
    { name: `#${long(80)}`, isPrivate: false, isExternal: false, people: 10 ** 9, withoutRights: 0, isUnchecked: true },
    { text: 'x'.repeat(1_900), nowMs: NOW },
  ),
  interrupted: interruptedMessage(long(4_000)),
  ...LARGEST_MONTH_MESSAGES,
  ...LARGEST_SCANS,
};

const teams = (count: number, length: number) =>
  Array.from({ length: count }, (_, index) => `${index}${'t'.repeat(length)}`);

/** The same for windows. */
export const LARGEST_VIEWS: typeof VIEWS = {
  'a hundred teams': composerView({
    teams: teams(100, 60),
    choices: { ...FIRST_CHOICES, teams: teams(100, 60) },
    metadata: 'm'.repeat(2_900),
  }),
  'too many teams to pick from': composerView({ teams: teams(101, 60), choices: FIRST_CHOICES, metadata: '{}' }),
  'teams with long names': composerView({
    teams: teams(3, 200),
    choices: FIRST_CHOICES,
    problem: long(5_000),
    metadata: '{}',
  }),
  'three hundred teams to subscribe to': subscribeView({
    teams: teams(300, 60),
    maySeeAll: true,
    zone: 'America/Argentina/ComodRivadavia',
    channelId: 'C1',
    metadata: 'm'.repeat(2_900),
  }),
  'a long statement': statementView(long(9_000), long(200_000)),
  'a long notice': noticeView(long(100), long(9_000)),
  'a long share': shareView(request('x'.repeat(1_900)), 'C1'),
  'a home with many teams': homeView({
    teams: teams(500, 60),
    roles: ['member', 'admin', 'finance', 'security'],
  }),
  'a long problem at home': homeView({ problem: long(9_000) }),
  ...LARGEST_MONTH_VIEWS,
};
