import { Decimal } from 'decimal.js';
import { NetcostError } from '../errors.js';
import { cleanQuestion, splitQuestion } from '../query/question-words.js';

/** What `/netcost budget …` asks for. */
export type BudgetRequest =
  | { readonly kind: 'list' }
  | { readonly kind: 'remove'; readonly team: string | undefined }
  | {
      readonly kind: 'set';
      /** Undefined for the organisation. */
      readonly team: string | undefined;
      /** Dollars a month, a decimal string. */
      readonly usd: string;
      /** Id of a channel, or its name where Slack did not tell the id; undefined for where it is asked. */
      readonly channel: string | undefined;
    };

export const BUDGET_USAGE = 'budget [list | [remove] [team=TEAM] $500/month [in #channel]]';
const EXAMPLE =
  'Write it as: budget team=payments $500/month in #payments; or: budget list; or: budget remove team=payments';
/** A trillion: more than all of AWS takes in. */
const MOST_USD = '1e12';

/**
 * Reads the words after `budget`. Without `team=` it is the organisation's.
 * Throws NetcostError('usage') for what is no amount, another currency or another period than a month.
 */
export function readBudgetRequest(text: string): BudgetRequest {
  // Slack writes a channel as <#C123|name>; its id is what can be posted to, and cleaning would take it away.
  const channels = [...text.matchAll(/<#([CGD][A-Z0-9]{2,})(?:\|[^>]*)?>/g)].map((match) => match[1] as string);
  const words = splitQuestion(cleanQuestion(text.replace(/<#[CGD][A-Z0-9]{2,}(?:\|[^>]*)?>/g, ' ')));
  const bare = words.flatMap((word) => (word.kind === 'bare' ? [word.word] : []));
  const pairs = words.flatMap((word) => (word.kind === 'pair' ? [word] : []));
  const verb = bare[0]?.toLowerCase();
  if (words.length === 0 || (verb === 'list' && words.length === 1)) return { kind: 'list' };
  const unknown = pairs.find(({ key }) => key.toLowerCase() !== 'team');
  if (unknown !== undefined) throw refuse(`A budget is for a team, and "${unknown.key}" is none.`);
  const teams = pairs.flatMap(({ values }) => values);
  if (teams.length > 1 || teams.some(({ negated }) => negated)) throw refuse('A budget is for one team.');
  const team = teams[0]?.value;
  if (verb === 'remove' || verb === 'delete') {
    if (bare.length > 1 || channels.length > 0) throw refuse(`"${bare[1] ?? '#…'}" is not understood after remove.`);
    return { kind: 'remove', team };
  }
  const named = bare.filter((word) => /^#\S+$/.test(word) || /^[CGD][A-Z0-9]{7,}$/.test(word));
  const all = [...channels, ...named];
  if (all.length > 1) throw refuse('A budget has one channel.');
  const rest = bare.filter((word) => !named.includes(word) && word.toLowerCase() !== 'in');
  return { kind: 'set', team, usd: readAmount(rest.join(' ')), channel: all[0]?.replace(/^#/, '') };
}

/** `$500/month`, `500`, `$1,200.50 per month`, `2.5k/month`, `USD 500` → dollars a month. */
function readAmount(text: string): string {
  const compact = text.toLowerCase().replace(/\s+/g, '');
  if (compact === '') throw refuse('The amount is missing.');
  if (/[€£¥₹]|eur|gbp/.test(compact)) throw refuse(`"${text}" is not in US dollars, which is what AWS charges.`);
  const parts =
    /^(?:us\$|usd|\$)?(\d{1,3}(?:,\d{3})+|\d+)(\.\d{1,4})?(k)?(?:usd|\$)?(?:(?:\/|per|a)?(?:month|mo|monthly)|\/m)?$/.exec(
      compact,
    );
  if (parts === null) {
    const period = /(?:\/|per|a)?(day|week|quarter|year|daily|weekly|hour|d|w|y)$/.exec(compact);
    throw refuse(period === null ? `"${text}" is no amount.` : `A budget is for a month, and "${text}" is not.`);
  }
  const [, digits = '', decimals = '', scale] = parts;
  const usd = new Decimal(`${digits.replaceAll(',', '')}${decimals}`).times(scale === undefined ? 1 : 1_000);
  if (usd.lte(0)) throw refuse('A budget is more than nothing.');
  if (usd.gt(MOST_USD)) throw refuse(`"${text}" is more than a budget can be.`);
  return usd.toFixed();
}

function refuse(message: string): NetcostError {
  return new NetcostError('usage', message, { hint: EXAMPLE });
}
