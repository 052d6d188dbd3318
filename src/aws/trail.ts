import { CloudTrailClient, type Event, LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import { attempt, errorText } from '../triage/bundle/files.js';
import { PATH_CHANGES } from '../triage/evidence/change-weights.js';
import type { Reading } from '../triage/sources.js';
import { DAY_MS, HOUR_MS, isoTime, MINUTE_MS } from '../units.js';
import type { AwsAccess, AwsPlace } from './access.js';
import { asDocument, ask } from './ask.js';
import { createPace, type Pace } from './pace.js';

/** When the excess began, or what stands for it. */
export interface TrailMoment {
  readonly earliestMs: number;
  readonly latestMs: number;
}

/** Events and what was searched for them, as `cloudtrail/events.json` holds it. */
export interface TrailDocument {
  readonly Events: readonly unknown[];
  readonly Searched: {
    /** ISO. All write events between the two were read, up to `Truncated`. */
    readonly From: string;
    readonly To: string;
    readonly Pages: number;
    /** The pages ran out before From: what is older was not seen. */
    readonly Truncated: boolean;
    /** Looked for by name over a longer time. */
    readonly Names: readonly string[];
    readonly NamesFrom: string;
  };
}

export interface TrailReader {
  /**
   * Write events around a moment, at one place: all of six hours before it, newest first, at most 20 pages; changes of
   * routes, endpoints and gateways by name, seven days back; and IAM's, which are in us-east-1 alone. A search that ends
   * early (throttled, out of time) is a truncated one; one that never began is failed.
   */
  readonly look: (place: AwsPlace, moment: TrailMoment, signal?: AbortSignal) => Promise<Reading<TrailDocument>>;
}

/**
 * LookupEvents takes 2 calls a second per account and Region, of all callers together (facts/triage.md part 3); a little
 * slower, since answers do not take equally long and a call that is throttled costs more than it saves.
 */
const GAP_MS = 550;
const PAGE_SIZE = 50;
const MOST_PAGES = 20;
const BEFORE_MS = 6 * HOUR_MS;
/** A trigger may lie a quarter of an hour after the onset; more is an effect. */
const AFTER_MS = 30 * MINUTE_MS;
const NAMES_BEFORE_MS = 7 * DAY_MS;
const MOST_PAGES_BY_NAME = 2;

/** Reads CloudTrail; one reader serves all diagnoses, so that together they keep to the rate. */
export function createTrailReader(
  access: Pick<AwsAccess, 'client'>,
  elapsedMs: () => number,
  gapMs = GAP_MS,
): TrailReader {
  const paces = new Map<string, Pace>();
  const paceOf = ({ accountId, region }: AwsPlace): Pace => {
    const key = `${accountId} ${region}`;
    const pace = paces.get(key) ?? createPace(gapMs, elapsedMs);
    paces.set(key, pace);
    return pace;
  };

  async function page(
    place: AwsPlace,
    input: { readonly attribute: readonly [string, string]; readonly fromMs: number; readonly toMs: number },
    token: string | undefined,
    signal: AbortSignal | undefined,
  ) {
    await paceOf(place)(signal);
    const [AttributeKey, AttributeValue] = input.attribute;
    const command = new LookupEventsCommand({
      LookupAttributes: [{ AttributeKey: AttributeKey as 'ReadOnly', AttributeValue }],
      StartTime: new Date(input.fromMs),
      EndTime: new Date(input.toMs),
      MaxResults: PAGE_SIZE,
      NextToken: token,
    });
    const client = access.client(CloudTrailClient, place);
    const answer = await ask('cloudtrail:LookupEvents', place, signal, (options) => client.send(command, options));
    return { events: (answer.Events ?? []).filter(({ ReadOnly }) => ReadOnly !== 'true'), token: answer.NextToken };
  }

  /** Page after page; what came before a failure is kept. */
  async function search(
    place: AwsPlace,
    input: Parameters<typeof page>[1],
    most: number,
    signal: AbortSignal | undefined,
  ): Promise<{
    readonly events: readonly Event[];
    readonly pages: number;
    readonly isWhole: boolean;
    readonly error?: unknown;
  }> {
    const events: Event[] = [];
    let token: string | undefined;
    for (let pages = 0; ; ) {
      try {
        const answer = await page(place, input, token, signal);
        pages += 1;
        for (const event of answer.events) events.push(event);
        if (answer.token === undefined || answer.token === '') return { events, pages, isWhole: true };
        if (answer.token === token || pages >= most) return { events, pages, isWhole: false };
        token = answer.token;
      } catch (error) {
        return { events, pages, isWhole: false, error };
      }
    }
  }

  return {
    look: async (place, { earliestMs, latestMs }, signal) => {
      const toMs = latestMs + AFTER_MS;
      const fromMs = earliestMs - BEFORE_MS;
      const near = await search(place, { attribute: ['ReadOnly', 'false'], fromMs, toMs }, MOST_PAGES, signal);
      if (near.pages === 0 && near.error !== undefined) return { state: 'failed', error: errorText(near.error) };
      return attempt(async () => {
        const found = new Map<string, Event>();
        const take = (events: readonly Event[]) => {
          for (const [index, event] of events.entries())
            found.set(event.EventId ?? `${event.EventName} ${event.EventTime?.getTime()} ${index}`, event);
        };
        take(near.events);
        let pages = near.pages;
        const names: string[] = [];
        const namesFromMs = earliestMs - NAMES_BEFORE_MS;
        const global = { ...place, region: 'us-east-1' };
        const searches: (readonly [AwsPlace, readonly [string, string]])[] = [
          ...PATH_CHANGES.map((name) => [place, ['EventName', name]] as const),
          ...(place.region === 'us-east-1' ? [] : [[global, ['EventSource', 'iam.amazonaws.com']] as const]),
        ];
        for (const [where, attribute] of searches) {
          if (near.error !== undefined || signal?.aborted) break;
          const input = { attribute, fromMs: attribute[0] === 'EventSource' ? fromMs : namesFromMs, toMs };
          const by = await search(where, input, MOST_PAGES_BY_NAME, signal);
          take(by.events);
          pages += by.pages;
          if (by.isWhole) names.push(attribute[1]);
        }
        const oldestMs = near.events.at(-1)?.EventTime?.getTime() ?? toMs;
        const events = [...found.values()].sort(
          (a, b) => (b.EventTime?.getTime() ?? 0) - (a.EventTime?.getTime() ?? 0),
        );
        return {
          Events: asDocument(events) as readonly unknown[],
          Searched: {
            From: isoTime(near.isWhole ? fromMs : oldestMs),
            To: isoTime(toMs),
            Pages: pages,
            Truncated: !near.isWhole,
            Names: names,
            NamesFrom: isoTime(namesFromMs),
          },
        };
      });
    },
  };
}
