import type { Button } from '@slack/types';
import { Decimal } from 'decimal.js';
import type { Incident } from '../state/incidents.js';
import { formatUsd } from '../units.js';
import { button, isButton } from './buttons.js';
import type { IncidentView } from './incident-view.js';
import { LIMITS } from './limits.js';
import { context, fitMessage, type Message, type OurBlock, section } from './message.js';
import { bold, cut, escapeText, plain } from './mrkdwn.js';

/** Buttons of an incident; each carries the incident's id. */
export const INCIDENT_ACTIONS = {
  expected: 'incident_expected',
  notAnIssue: 'incident_not_an_issue',
  fixed: 'incident_fixed',
  snooze: 'incident_snooze',
  runAgain: 'incident_run_again',
  save: 'incident_save',
  reopen: 'incident_reopen',
} as const;

/** The headline of a thread: what, how much, whose, and how it stands. Edited whenever one of them changes. */
export function parentMessage(view: IncidentView): Message {
  const { incident } = view;
  const headline = headlineOf(view);
  const fields = factsOf(view).map(([label, says]) => `*${label}*\n${says}`);
  const blocks: OurBlock[] = [
    section(`${incident.isSecurity ? '*For the security team*\n' : ''}${bold(headline)}`),
    {
      type: 'section',
      fields: fields
        .slice(0, LIMITS.section.fields)
        .map((text) => ({ type: 'mrkdwn', text: cut(text, LIMITS.section.field), verbatim: true })),
    },
    ...(incident.feedbackResult === null ? [] : [context(plain(incident.feedbackResult))]),
    { type: 'actions', elements: actionsOf(incident) },
  ];
  return fitMessage({ text: escapeText(`${stateWord(view)}: ${headline}`), blocks });
}

/** What an on-call person reads first. */
function headlineOf({ incident, diagnosed }: IncidentView): string {
  if (incident.isBurst)
    return `${incident.alertCount} alerts at once, about ${countOf(incident.gateways.length, 'NAT gateway')} in ${countOf(incident.accounts.length, 'account')}${diagnosed === null ? '' : `: ${diagnosed.report.headline}`}`;
  return diagnosed === null ? incident.title : diagnosed.report.headline;
}

function factsOf(view: IncidentView): (readonly [string, string])[] {
  const { incident } = view;
  const facts: (readonly [string, string])[] = [
    ['State', stateLine(view)],
    ['Cost', plain(costLine(view))],
    ['Owner', plain(incident.teams.length === 0 ? ownerless(view) : incident.teams.join(', '))],
  ];
  if (incident.alertCount > 1 && !incident.isBurst) facts.push(['Alerts', `${incident.alertCount}`]);
  return facts;
}

function ownerless({ diagnosed, incident }: IncidentView): string {
  if (incident.diagnoseMs !== null && diagnosed === null) return 'being looked up';
  return 'not known';
}

/** Dollars a day by the causes, and so far by the metrics; what the alert says before there is a diagnosis. */
function costLine({ incident, diagnosed }: IncidentView): string {
  if (diagnosed === null) return incident.usd === null ? 'not known yet' : `the alert says ${formatUsd(incident.usd)}`;
  const { status } = diagnosed.report;
  const perDay = usdPerDayOf(diagnosed.report.causes);
  const parts = [
    ...(perDay === null ? [] : [`${formatUsd(perDay)} a day`]),
    ...(status.usdSoFar === null || Number(status.usdSoFar) === 0 ? [] : [`${formatUsd(status.usdSoFar)} so far`]),
  ];
  return parts.length > 0 ? parts.join(', ') : 'no excess that has a price';
}

/** The sum over the causes, in every digit; null where none has a price. */
export function usdPerDayOf(
  causes: readonly { readonly id: string; readonly usdPerDay: string | null }[],
): string | null {
  const priced = causes.flatMap((cause) => (cause.usdPerDay === null ? [] : [cause.usdPerDay]));
  return priced.length === 0 ? null : priced.reduce((sum, usd) => sum.plus(usd), new Decimal(0)).toFixed();
}

const STATE_WORDS: Readonly<Record<Incident['state'], string>> = {
  open: 'Open',
  planned: 'Expected',
  'not-an-issue': 'Not an issue',
  fixed: 'Marked as fixed',
  ended: 'Ended by itself',
};

function stateWord({ incident, nowMs }: IncidentView): string {
  const isSnoozed = incident.state === 'open' && (incident.snoozeUntilMs ?? 0) > nowMs;
  return isSnoozed ? 'Snoozed' : STATE_WORDS[incident.state];
}

function stateLine(view: IncidentView): string {
  const { incident } = view;
  const by = incident.stateBy === null ? '' : ` by <@${incident.stateBy}>`;
  const word = stateWord(view);
  if (word === 'Snoozed') return `${word} until ${time(incident.snoozeUntilMs ?? 0)}${by}`;
  if (incident.state === 'fixed' && incident.verdictMs !== null)
    return `${word}${by}; checked ${time(incident.verdictMs)}`;
  if (incident.verdict !== null) return `${word}${by}: ${plain(incident.verdict)}`;
  if (incident.state === 'open') return `${word} since ${time(incident.openedMs)}`;
  return `${word}${by}, ${time(incident.stateMs)}`;
}

/** A moment in the reader's own zone, with UTC where Slack cannot tell it. */
export function time(ms: number): string {
  const utc = `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  return `<!date^${Math.floor(ms / 1000)}^{date_short_pretty} {time}|${utc}>`;
}

function actionsOf(incident: Incident): Button[] {
  const { id } = incident;
  const isOpen = incident.state === 'open';
  const closing = [
    button(INCIDENT_ACTIONS.fixed, 'Fixed', id, {
      style: 'primary',
      describe: 'Fixed: netcost checks the bytes for a day',
    }),
    button(INCIDENT_ACTIONS.expected, 'Expected', id, { describe: 'Expected: mark it as planned' }),
    button(INCIDENT_ACTIONS.notAnIssue, 'Not an issue', id),
    button(INCIDENT_ACTIONS.snooze, 'Snooze…', id),
  ];
  const opening = [button(INCIDENT_ACTIONS.reopen, 'Open again', id)];
  return [...(isOpen ? closing : opening), button(INCIDENT_ACTIONS.runAgain, 'Run again', id)].filter(isButton);
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Calls the owner whom a later run found. */
export function mentionMessage(mention: string, teams: readonly string[], headline: string): Message {
  const says = `${mention} this concerns ${bold(teams.join(', ') || 'you')}: ${plain(headline)}`;
  return fitMessage({ text: `${mention} ${escapeText(headline)}`, blocks: [section(says)] });
}

/** One line of a thread: what happened, when netcost saw it. */
export function noteMessage(says: string): Message {
  return fitMessage({ text: escapeText(says), blocks: [section(plain(says))] });
}

/** The alerts of an incident that gathers several: the largest groups, and how many there are in all. */
export function alertsMessage(
  alerts: readonly {
    readonly title: string;
    readonly times: number;
    readonly usd: string | null;
    readonly lastMs: number;
  }[],
): Message {
  const groups = new Map<string, { times: number; lastMs: number }>();
  for (const { title, times, lastMs } of alerts) {
    const old = groups.get(title);
    groups.set(title, { times: (old?.times ?? 0) + times, lastMs: Math.max(old?.lastMs ?? 0, lastMs) });
  }
  const sorted = [...groups].sort((a, b) => b[1].times - a[1].times || (a[0] < b[0] ? -1 : 1));
  const shown = sorted.slice(0, SHOWN_ALERTS);
  const total = alerts.reduce((sum, { times }) => sum + times, 0);
  const lines = shown.map(
    ([title, { times, lastMs }]) =>
      `• ${plain(cut(title, 150))}${times > 1 ? ` (${times} times)` : ''}, last ${time(lastMs)}`,
  );
  const hidden = total - shown.reduce((sum, [, { times }]) => sum + times, 0);
  const title = `${total} alerts belong to this thread`;
  return fitMessage({
    text: escapeText(title),
    blocks: [
      section([`*${title}*`, ...lines].join('\n')),
      ...(hidden > 0 ? [context(`and ${hidden} more, all of them in the file`)] : []),
    ],
  });
}

const SHOWN_ALERTS = 12;
