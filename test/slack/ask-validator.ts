/** Slack's public validator: needs no token, takes blocks or a view. */
const VALIDATOR = 'https://slack.com/api/blocks.validate';
const DEADLINE_MS = 10_000;

export interface Verdict {
  readonly isTaken: boolean;
  /** Why not, with the place in the message. */
  readonly why: string;
}

/** Asks Slack whether it would take a message's blocks or a window. An answer that is none counts as refused. */
export async function askValidator(body: { readonly blocks: unknown } | { readonly view: unknown }): Promise<Verdict> {
  const refused = (why: string): Verdict => ({ isTaken: false, why });
  let text: string;
  let status: number;
  try {
    const response = await fetch(VALIDATOR, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    status = response.status;
    text = await response.text();
  } catch (error) {
    return refused(`Slack was not reached: ${error instanceof Error ? error.message : String(error)}`);
  }
  let answer: { readonly ok?: unknown; readonly error?: unknown; readonly errors?: unknown };
  try {
    answer = JSON.parse(text) as typeof answer;
  } catch {
    return refused(`HTTP ${status} without JSON`);
  }
  if (answer.ok === true) return { isTaken: true, why: '' };
  return refused(`${String(answer.error ?? `HTTP ${status}`)} ${JSON.stringify(answer.errors ?? '')}`);
}
