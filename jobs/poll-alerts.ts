import type { Log } from '../src/log.js';
import type { Taken } from '../src/triage/alerts/take-alert.js';

/** One message of the queue. */
export interface PolledMessage {
  readonly id: string;
  readonly body: string;
  readonly receipt: string;
  readonly deliveries: number;
}

export interface PollAlertsDeps {
  /** Waits for messages, 15 seconds at most. */
  readonly receive: (signal: AbortSignal) => Promise<readonly PolledMessage[]>;
  readonly remove: (receipt: string) => Promise<void>;
  /** Takes a message for good; throws where that failed. */
  readonly take: (body: string) => Promise<Taken>;
  readonly confirm: (topicArn: string, token: string) => Promise<void>;
  /** Counts what became of a message, for `netcost check` and the metrics. */
  readonly count: (what: 'alert' | 'not-understood' | 'refused' | 'test', detail: string) => Promise<void>;
  readonly log: Log;
}

/** A queue that cannot be read is asked again after so long, doubled each time. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * Takes alerts from a queue until the signal is aborted. A message is deleted once it was taken for good, so a crash
 * at any moment loses nothing; it may be taken twice, and whoever takes it knows. What is not understood, and what could
 * not be taken, stays: the queue delivers it again and then puts it into its dead-letter queue.
 */
export async function pollAlerts(deps: PollAlertsDeps, signal: AbortSignal): Promise<void> {
  let pauseMs = FIRST_PAUSE_MS;
  while (!signal.aborted) {
    try {
      const messages = await deps.receive(signal);
      pauseMs = FIRST_PAUSE_MS;
      await Promise.all(messages.map((message) => takeOne(deps, message)));
    } catch (error) {
      if (signal.aborted) return;
      deps.log.error('the queue of alerts could not be read', { error, againInMs: pauseMs });
      await sleep(pauseMs, signal);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  }
}

async function takeOne(deps: PollAlertsDeps, { id, body, receipt, deliveries }: PolledMessage): Promise<void> {
  const { log } = deps;
  try {
    const taken = await deps.take(body);
    switch (taken.outcome) {
      case 'not-understood':
        // Counted once; it comes again until the queue gives it up.
        if (deliveries > 1) return;
        log.warn('a message in the queue of alerts was not understood', { id, beginning: taken.beginning });
        await deps.count('not-understood', taken.beginning);
        return;
      case 'foreign-topic':
        log.warn('a message of a topic that is not listed was left alone', { id, topicArn: taken.topicArn });
        if (deliveries === 1) await deps.count('refused', `foreign topic ${taken.topicArn}`);
        return;
      case 'confirm':
        await deps.confirm(taken.topicArn, taken.token);
        log.info('a subscription was confirmed', { topicArn: taken.topicArn });
        break;
      case 'unsubscribed':
        log.warn('a topic no longer sends its alerts', { topicArn: taken.topicArn });
        break;
      case 'test':
        log.info('a test alert arrived', { id: taken.id });
        await deps.count('test', taken.id);
        break;
      case 'alert':
        await deps.count('alert', taken.title);
    }
    await deps.remove(receipt);
  } catch (error) {
    log.error('an alert could not be taken; the queue delivers it again', { id, error });
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
