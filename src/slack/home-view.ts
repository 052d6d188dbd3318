import type { HomeView } from '@slack/types';
import type { Caller } from '../answers/reply.js';
import { quoteValue } from '../query/question-words.js';
import { NO_SETTINGS, type PersonalSettings } from '../state/personal-settings.js';
import { formatAge, formatBytes } from '../units.js';
import { showUsd } from './answer-words.js';
import { budgetBar, paceWords, spentWords } from './budget-blocks.js';
import { ACTIONS, button, isButton, writeAsked } from './buttons.js';
import type { HomeFacts, HomeMonth, HomeSubscription, Part } from './home-facts.js';
import { LIMITS } from './limits.js';
import { context, type OurBlock, plainText, section } from './message.js';
import { bold, code, cut, plain } from './mrkdwn.js';

/** Whose home it is, and what is known for it. */
export interface HomeAbout extends Pick<Caller, 'teams' | 'roles'> {
  /** Absent where nothing is known beside the rights. */
  readonly facts?: HomeFacts;
  readonly settings?: PersonalSettings;
}

const MOST_LINES = 8;

/** The App Home: the person's month, what is open, how fresh the data is, and questions as buttons. Pure. */
export function homeView(about: HomeAbout | { readonly problem: string }): HomeView {
  const intro: OurBlock[] = [
    { type: 'header', text: plainText('Who is paying for that NAT gateway?', LIMITS.header.text) },
    section(
      'netcost reads VPC flow logs and says which team sends bytes through the NAT gateway, to whom, and for how many dollars.',
    ),
  ];
  const rest = 'problem' in about ? [section(`⚠ ${plain(about.problem)}`)] : welcome(about);
  return { type: 'home', blocks: [...intro, ...rest] as HomeView['blocks'] };
}

function welcome(about: HomeAbout): OurBlock[] {
  const { facts, settings = NO_SETTINGS } = about;
  return [
    ...(facts === undefined ? [] : factBlocks(facts, settings)),
    { type: 'divider' },
    section('*Ask*'),
    ...askButtons(),
    section(
      [
        `• In a channel: ${code('/netcost team=payments since=24h by=service')}`,
        `• In a thread or here: write the question, as ${code('since=24h by=team')}; in a thread begin with @netcost`,
        '• On any message with addresses in it: ⋮ → *Who is behind this?*',
        `• Everything else: ${code('/netcost help')}`,
      ].join('\n'),
    ),
    { type: 'divider' },
    context(footer(about, settings)),
  ];
}

function askButtons(): OurBlock[] {
  const questions: readonly (readonly [string, string, string])[] = [
    ['day', 'Teams, last 24 hours', 'since=24h by=team'],
    ['week', 'Services, last 7 days', 'since=7d by=service'],
    ['days', 'Day by day', 'since=7d by=day'],
    ['change', 'Against last week', 'since=24h by=team compare=lastweek'],
  ];
  const ask = questions.map(([id, label, text]) => button(`ask:${id}`, label, writeAsked({ text })));
  const compose = button(ACTIONS.compose, 'Compose a question', 'compose', { style: 'primary' });
  return [{ type: 'actions', elements: [compose, ...ask].filter(isButton) }];
}

function factBlocks(facts: HomeFacts, settings: PersonalSettings): OurBlock[] {
  const { months, incidents, subscriptions, health, nowMs } = facts;
  const month = new Date(nowMs).toLocaleString('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' });
  const buttons = [
    button(ACTIONS.homeSettings, settings.teams.length === 0 ? 'Choose my teams' : 'My settings', 'settings', {
      describe: `${settings.teams.length === 0 ? 'Choose my teams' : 'My settings'}: teams and time zone`,
    }),
    button(ACTIONS.homeRefresh, 'Refresh', 'refresh', { describe: 'Refresh the figures of this page' }),
  ].filter(isButton);
  return [
    { type: 'divider' },
    section(`*${month} so far* (UTC)`),
    ...partBlocks(months, (value) => value.map(monthBlock)),
    ...hints(months, settings),
    { type: 'actions', elements: buttons },
    ...(incidents === undefined
      ? []
      : [
          section('*Open incidents*'),
          ...partBlocks(incidents, (value) => [
            section(
              value.length === 0
                ? 'None.'
                : lines(
                    value.map(
                      ({ title, openedMs, channel }) =>
                        `• ${bold(cut(title, 200))} · open for ${formatAge(nowMs - openedMs)} · ${channelLink(channel)}`,
                    ),
                  ),
            ),
          ]),
        ]),
    ...(subscriptions === undefined
      ? []
      : [
          section('*My subscriptions*'),
          ...partBlocks(subscriptions, (value) => [
            value.length === 0
              ? section(
                  `None. A digest every morning: ${code('/netcost subscribe team=payments daily 09:00 in #channel')}`,
                )
              : section(lines(value.map(subscriptionLine))),
          ]),
        ]),
    section('*Data*'),
    ...partBlocks(health, ({ completeUntil, source, instead, problems }) => {
      const fresh =
        instead !== undefined
          ? plain(instead)
          : completeUntil === null
            ? `⚠ ${source}: nothing has been read yet.`
            : `${problems.length === 0 ? '✓' : '⚠'} ${source} up to ${momentWords(completeUntil, settings)}, ${formatAge(nowMs - Date.parse(completeUntil))} ago.`;
      return [section(lines([fresh, ...problems.map((problem) => `• ${plain(cut(problem, 300))}`)]))];
    }),
  ];
}

/** One team's month, with its budget line and a button to where it went. */
function monthBlock({ team, soFar, whole, budget, knownHours, gapHours }: HomeMonth, index: number): OurBlock {
  const filter = team === undefined ? '' : `team=${quoteValue({ value: team, negated: false })} `;
  const least = gapHours >= 1 ? 'at least ' : '';
  const usd = soFar.usd === undefined || budget !== undefined ? '' : `*${showUsd(soFar.usd)}* · `;
  const end =
    whole === undefined || budget !== undefined
      ? ''
      : ` · at this pace ${whole.usd === undefined ? formatBytes(whole.bytes) : showUsd(whole.usd)}`;
  const figures = knownHours === 0 ? 'nothing is known yet' : `${least}${usd}${formatBytes(soFar.bytes)}${end}`;
  const first = `${bold(team ?? 'All teams')}  ${figures}`;
  const second =
    budget === undefined
      ? []
      : [
          `${budget.percent === undefined ? '' : `${budgetBar(budget.percent)} · `}${spentWords(budget)}. ${paceWords(budget)}`,
        ];
  const where = button(
    `ask:home-${index}`,
    team === undefined ? 'By team' : 'Where to',
    writeAsked({ text: `${filter}since=month by=${team === undefined ? 'team' : 'service'}` }),
    { describe: team === undefined ? 'By team: this month' : `Where to: ${team} this month` },
  );
  const block = section([first, ...second].join('\n'));
  return where === undefined || block.type !== 'section' ? block : { ...block, accessory: where };
}

function hints(months: Part<readonly HomeMonth[]>, settings: PersonalSettings): OurBlock[] {
  if (!('value' in months)) return [];
  const without = months.value.find(({ team, budget }) => team !== undefined && budget === undefined)?.team;
  const filter = without === undefined ? '' : quoteValue({ value: without, negated: false });
  return [
    ...(settings.teams.length > 0 ? [] : [context('Choose your teams to see their month here.')]),
    ...(without === undefined
      ? []
      : [context(`A budget warns in time: ${code(`/netcost budget team=${filter} $500/month`)}`)]),
  ];
}

function partBlocks<T>(part: Part<T>, show: (value: T) => OurBlock[]): OurBlock[] {
  return 'problem' in part ? [section(`⚠ ${plain(cut(part.problem, 500))}`)] : show(part.value);
}

function lines(all: readonly string[]): string {
  const more = all.length - MOST_LINES;
  return [...all.slice(0, MOST_LINES), ...(more > 0 ? [`… and ${more} more`] : [])].join('\n');
}

function subscriptionLine({ title, channel, note }: HomeSubscription): string {
  const shown = note === undefined ? '' : ` · ⚠ ${plain(cut(note, 200))}`;
  return `• ${plain(cut(title, 200))}, in ${channelLink(channel)}${shown}`;
}

function channelLink(channel: string): string {
  return /^[CG][A-Z0-9]+$/.test(channel) ? `<#${channel}>` : 'direct messages';
}

/** By the clock of the person's zone, else of Slack's own for whoever reads. */
function momentWords(iso: string, { zone }: PersonalSettings): string {
  const utc = `${iso.slice(0, 16).replace('T', ' ')} UTC`;
  if (zone === undefined) return utc;
  const local = new Date(iso).toLocaleString('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' });
  return `${local} (${plain(zone)})`;
}

function footer({ teams, roles }: HomeAbout, { zone }: PersonalSettings): string {
  const visible =
    teams === 'all'
      ? 'You may see every team.'
      : teams.length === 0
        ? 'You may see no team yet.'
        : `You may see ${cut(teams.map(plain).join(', '), 1_000)}.`;
  const clock = zone === undefined ? '' : ` Your time zone: ${plain(zone)}.`;
  return `${visible} Your roles: ${roles.join(', ') || 'guest'}.${clock}`;
}
