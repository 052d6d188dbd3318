import type { HomeView } from '@slack/types';
import type { Caller } from '../answers/reply.js';
import { ACTIONS, button, isButton, writeAsked } from './buttons.js';
import { LIMITS } from './limits.js';
import { context, type OurBlock, plainText, section } from './message.js';
import { code, cut, plain } from './mrkdwn.js';

/** The App Home: what netcost is, the first questions as buttons, and what this person may see. Pure. */
export function homeView(about: Pick<Caller, 'teams' | 'roles'> | { readonly problem: string }): HomeView {
  const intro: OurBlock[] = [
    { type: 'header', text: plainText('Who is paying for that NAT gateway?', LIMITS.header.text) },
    section(
      'netcost reads VPC flow logs and says which team sends bytes through the NAT gateway, to whom, and for how many dollars.',
    ),
  ];
  const rest = 'problem' in about ? [section(`⚠ ${plain(about.problem)}`)] : welcome(about);
  return { type: 'home', blocks: [...intro, ...rest] as HomeView['blocks'] };
}

function welcome(about: Pick<Caller, 'teams' | 'roles'>): OurBlock[] {
  const questions: readonly (readonly [string, string, string])[] = [
    ['day', 'Teams, last 24 hours', 'since=24h by=team'],
    ['week', 'Services, last 7 days', 'since=7d by=service'],
    ['days', 'Day by day', 'since=7d by=day'],
    ['change', 'Against last week', 'since=24h by=team compare=lastweek'],
  ];
  const ask = questions.map(([id, label, text]) => button(`ask:${id}`, label, writeAsked({ text })));
  const compose = button(ACTIONS.compose, 'Compose a question', 'compose', { style: 'primary' });
  const teams =
    about.teams === 'all'
      ? 'You may see every team.'
      : about.teams.length === 0
        ? 'You may see no team yet.'
        : `You may see ${cut(about.teams.map(plain).join(', '), 1_000)}.`;
  return [
    { type: 'divider' },
    section('*Ask*'),
    { type: 'actions', elements: [compose, ...ask].filter(isButton) },
    section(
      [
        `• In a channel: ${code('/netcost team=payments since=24h by=service')}`,
        `• In a thread or here: write the question, as ${code('since=24h by=team')}; in a thread begin with @netcost`,
        '• On any message with addresses in it: ⋮ → *Who is behind this?*',
        `• Everything else: ${code('/netcost help')}`,
      ].join('\n'),
    ),
    { type: 'divider' },
    context(`${teams} Your roles: ${about.roles.join(', ') || 'guest'}.`),
  ];
}
