import { distance } from 'fastest-levenshtein';
import type { Call, Command, HelpReply, Reply } from '../src/answers/reply.js';
import { NetcostError } from '../src/errors.js';

/**
 * Hands a line to the verb it begins with; a line that begins with no verb is a question (`ask`). `help` and an empty
 * line say what can be asked. Throws NetcostError('usage') for a word that is nearly a verb.
 */
export async function handle(deps: { readonly commands: readonly Command[] }, call: Call): Promise<Reply> {
  const text = call.text.trim();
  const [word = '', ...rest] = text.split(/\s+/);
  const verb = word.toLowerCase();
  if (verb === '' || verb === 'help' || verb === '?') return help(deps.commands);
  const command = deps.commands.find((each) => each.name === verb);
  if (command !== undefined) return command.handle({ ...call, text: text.slice(word.length).trim() });
  if (rest.length === 0 && !word.includes('=')) refuseNearVerb(verb, deps.commands);
  const ask = deps.commands.find((each) => each.name === 'ask');
  if (ask === undefined) throw new NetcostError('internal', 'No command answers questions.');
  return ask.handle({ ...call, text });
}

function refuseNearVerb(word: string, commands: readonly Command[]): void {
  const verbs = ['help', ...commands.map((each) => each.name)];
  const near = verbs.find((verb) => distance(verb, word) <= Math.max(1, Math.floor(verb.length / 4)));
  if (near === undefined) return;
  throw new NetcostError('usage', `"${word}" is no command.`, { hint: `Did you mean ${near}?` });
}

/** What can be asked: the verbs and examples of questions. */
function help(commands: readonly Command[]): HelpReply {
  return {
    kind: 'help',
    intro: 'I read VPC flow logs and say who sends bytes through the NAT gateway, to whom, and for how many dollars.',
    sections: [
      {
        title: 'Questions',
        entries: [
          { code: 'since=24h by=team', says: 'what each team sent in the last 24 hours' },
          { code: 'team=payments since=7d by=service', says: 'where the bytes of one team went' },
          { code: 'service=S3 since=week by=client top=20', says: 'which addresses talk to S3' },
          { code: 'by=team,service since=yesterday', says: 'two groups at once' },
          { code: 'team=!payments by=remote compare=previous', says: 'everybody else, against the window before' },
          { code: 'since=7d by=day', says: 'day by day' },
        ],
      },
      {
        title: 'Words',
        entries: [
          { code: 'team env workload account vpc az label.NAME', says: 'the client: who sends' },
          { code: 'service provider region remote port protocol', says: 'the far end: who gets it' },
          { code: 'nat nataz crossaz direction', says: 'the gateway, and which way' },
          { code: 'since=90m 24h 7d today week month 2026-11-01..2026-11-08', says: 'the window, in UTC' },
          { code: 'a,b and !a', says: 'several values, and all but one' },
        ],
      },
      {
        title: 'Commands',
        entries: [
          ...commands.filter((each) => each.name !== 'ask').map((each) => ({ code: each.usage, says: each.summary })),
          { code: 'help', says: 'this page' },
        ],
      },
    ],
  };
}
