import type { BudgetNews, BudgetStanding } from '../answers/budget.js';
import { quoteValue } from '../query/question-words.js';
import { showUsd } from './answer-words.js';
import { button, isButton, writeAsked } from './buttons.js';
import { slackRefusal } from './conversation.js';
import { context, fitMessage, type Message, type OurBlock, section } from './message.js';
import { bold, code, escapeText, plain } from './mrkdwn.js';

/** Whose budget it is; undefined is the organisation's. */
type Team = string | undefined;

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];

/** "November" of `2026-11`. */
function monthName(month: string): string {
  return MONTHS[Number(month.slice(5, 7)) - 1] ?? month;
}

/** What a channel reads when a budget crosses a level, or when its forecast goes above it. Pure. */
export function budgetMessage(team: Team, standing: BudgetStanding, news: BudgetNews): Message {
  const { plainLine, line } = news.kind === 'level' ? levelLine(team, standing) : forecastLine(team, standing);
  const pace = news.kind === 'level' ? paceWords(standing) : `So far ${spentWords(standing)}.`;
  return fitMessage({
    text: escapeText(`${plainLine} ${pace}`),
    blocks: [section(`${line}\n${plain(pace)}`), ...cautions(standing), ...buttonsOf(team)],
  });
}

/** Why a budget's news did not arrive. */
export interface BudgetTrouble {
  /** Slack refused it · it may be there or not · somebody in the channel may not see the team. */
  readonly kind: 'failed' | 'unsure' | 'denied';
  /** Slack's word; of `denied`, what is wrong in words. */
  readonly reason: string;
}

/** What the owner reads where a budget's news did not arrive; with the news, where the owner may see them. */
export function budgetTroubleMessage(
  team: Team,
  channel: string,
  trouble: BudgetTrouble,
  news: Message | undefined,
): Message {
  const place = /^[CG]/.test(channel) ? `<#${channel}>` : 'your direct messages';
  const [what, why] = troubleWords(trouble, place);
  const begin = `The news of the budget of ${teamName(team)}`;
  return fitMessage({
    text: `${escapeText(begin)} ${what} ${escapeText(why)}`,
    blocks: [
      section(`⚠ ${plain(begin)} ${what} ${plain(why)}`),
      ...(news === undefined ? [] : [context('This is what it says:'), ...news.blocks]),
    ],
  });
}

function troubleWords({ kind, reason }: BudgetTrouble, place: string): readonly [what: string, why: string] {
  switch (kind) {
    case 'failed': {
      const { message, hint = '' } = slackRefusal(reason, undefined);
      return [`could not be posted in ${place}.`, `${message} ${hint}`];
    }
    case 'unsure':
      return [`may or may not stand in ${place}.`, 'Slack did not answer, and netcost may not look there.'];
    case 'denied':
      return [`was not posted in ${place}.`, reason];
  }
}

/** "▰▰▰▰▱▱▱▱▱▱ 42 %": a line of ten for a phone, beside the number. */
export function budgetBar(percent: number): string {
  const full = Math.min(10, Math.max(0, Math.floor(percent / 10)));
  return `${'▰'.repeat(full)}${'▱'.repeat(10 - full)} ${percent} %`;
}

/** "$412.10 of $500.00". */
export function spentWords({ spentUsd, budgetUsd }: Pick<BudgetStanding, 'spentUsd' | 'budgetUsd'>): string {
  return `${spentUsd === undefined ? 'an unknown part' : showUsd(spentUsd)} of ${showUsd(budgetUsd)}`;
}

/** "At this pace the month ends at $640.00 (128 %)."; empty where that cannot be said. */
export function paceWords({ forecastUsd, forecastPercent }: BudgetStanding): string {
  return forecastUsd === undefined
    ? ''
    : `At this pace the month ends at ${showUsd(forecastUsd)} (${forecastPercent} %).`;
}

function teamName(team: Team): string {
  return team ?? 'the whole organisation';
}

function levelLine(team: Team, standing: BudgetStanding): { plainLine: string; line: string } {
  const { percent = 0, month } = standing;
  const spent = spentWords(standing);
  const sign = percent >= 100 ? '🔴' : percent >= 80 ? '🟠' : '🟡';
  const words = percent >= 100 ? 'has used up its NAT budget for' : `has used ${percent} % of its NAT budget for`;
  return {
    plainLine: `${upperFirst(teamName(team))} ${words} ${monthName(month)}: ${spent}.`,
    line: `${sign} ${bold(upperFirst(teamName(team)))} ${words} ${monthName(month)}: *${spent}*\n${budgetBar(percent)}`,
  };
}

function forecastLine(team: Team, standing: BudgetStanding): { plainLine: string; line: string } {
  const { forecastUsd = '0', budgetUsd, month, forecastPercent = 0 } = standing;
  const who = upperFirst(teamName(team));
  const words = `is on its way above its NAT budget for ${monthName(month)}`;
  const figures = `${showUsd(forecastUsd)} expected, ${showUsd(budgetUsd)} planned (${forecastPercent} %)`;
  return { plainLine: `${who} ${words}: ${figures}.`, line: `📈 ${bold(who)} ${words}: *${figures}*` };
}

function cautions({ gapHours, spentUsd }: BudgetStanding): OurBlock[] {
  const hours = Math.round(gapHours);
  const gap = hours >= 1 ? [`No logs tell of ${hours} h of this month, so it is at least that much.`] : [];
  const price = spentUsd === undefined ? ['How much is spent is not known.'] : [];
  const always = 'NAT data processing alone, UTC month.';
  return [context([always, ...gap, ...price].join(' '))];
}

function buttonsOf(team: Team): OurBlock[] {
  const filter = team === undefined ? '' : `team=${quoteValue({ value: team, negated: false })} `;
  const questions: readonly (readonly [string, string, string])[] = [
    ['budget-services', 'Where it went', `${filter}since=month by=service`],
    ['budget-days', 'Day by day', `${filter}since=month by=day top=31`],
    team === undefined
      ? ['budget-who', 'By team', 'since=month by=team']
      : ['budget-who', 'By workload', `${filter}since=month by=workload`],
  ];
  const elements = questions
    .map(([id, label, text]) => button(`ask:${id}`, label, writeAsked({ text })))
    .filter(isButton);
  return [
    ...(elements.length === 0 ? [] : [{ type: 'actions' as const, elements }]),
    context(
      `Change it: ${code(`/netcost budget ${filter}$AMOUNT/month`)} · ${code(`/netcost budget remove ${filter}`.trim())}`,
    ),
  ];
}

function upperFirst(text: string): string {
  return text.startsWith('the ') ? `T${text.slice(1)}` : text;
}
