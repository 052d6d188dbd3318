import { type Alert, plainAlert } from './alert.js';
import { amountOf, distinct, fieldOf, type Loose, objectOf, textOf } from './fields.js';

/**
 * Reads AWS Budgets' text notification. Its wording has changed over the years, so only the labelled lines are looked
 * for. Null where the text is none.
 */
export function readBudgetText(text: string): Alert | null {
  if (!/AWS Budget(s)? Notification|Budget Name:/i.test(text)) return null;
  const line = (label: string) => new RegExp(`^\\s*${label}\\s*:\\s*(.+?)\\s*$`, 'im').exec(text)?.[1];
  const name = line('Budget Name') ?? /associated with your (.{1,100}?) budget/i.exec(text)?.[1] ?? 'budget';
  const account = /AWS Account:?\s+(\d{12})/i.exec(text)?.[1];
  return {
    ...plainAlert('budget', `budget-${name}`, `Budget: ${name}`),
    state: 'alarm',
    accountIds: distinct([account]),
    usd: amountOf(line('ACTUAL Amount') ?? line('FORECASTED Amount')),
  };
}

/** Reads a budget notification as JSON (some deliveries and third parties send one). Null where the document is none. */
export function readBudgetJson(source: Loose): Alert | null {
  const inner = { ...objectOf(fieldOf(source, 'detail')), ...source };
  const name = textOf(inner, 'budgetName', 'budget_name', 'budget');
  if (name === undefined) return null;
  return {
    ...plainAlert('budget', `budget-${name}`, `Budget: ${name}`),
    state: 'alarm',
    accountIds: distinct([textOf(inner, 'accountId', 'account', 'account_id')]),
    usd: amountOf(fieldOf(inner, 'actualAmount', 'actual_amount', 'amount', 'actualSpend', 'calculatedValue')),
  };
}
