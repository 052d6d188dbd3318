import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { NetcostError } from '../errors.js';
import { layoutOfFormat } from '../flows/layout.js';
import type { AwsAccess, AwsPlace } from './access.js';
import { ask } from './ask.js';

/** A flow log that goes to CloudWatch Logs, as DescribeFlowLogs gives it. */
export interface FlowLogGroup {
  readonly logGroup: string;
  /** `${version} ${account-id} …`: the events have no header. */
  readonly format: string;
}

/** 10,000 events or 1 MB a page (FilterLogEvents). */
const MOST_PAGES = 5_000;

/**
 * The rows of a flow log in CloudWatch Logs, of the interfaces that are named (all where none is), as the text of objects:
 * header and lines, one text a page. One stream is one interface (`eni-…-all`), so that only gateways' rows are fetched.
 * @throws NetcostError 'config' for a format that is none of a flow log, 'upstream' for what AWS refuses.
 */
export async function* readFlowLogEvents(
  access: Pick<AwsAccess, 'client'>,
  place: AwsPlace,
  { logGroup, format }: FlowLogGroup,
  window: { readonly fromMs: number; readonly toMs: number; readonly interfaceIds: readonly string[] },
  signal?: AbortSignal,
): AsyncGenerator<string> {
  const layout = layoutOfFormat(format);
  if (layout === undefined) {
    throw new NetcostError('config', `The format of the flow log in ${logGroup} is none of a flow log.`, {
      hint: 'It needs srcaddr, dstaddr, bytes and start; give it as DescribeFlowLogs does.',
    });
  }
  const client = access.client(CloudWatchLogsClient, place);
  const prefixes = window.interfaceIds.length === 0 ? [undefined] : window.interfaceIds;
  for (const logStreamNamePrefix of prefixes) {
    let nextToken: string | undefined;
    for (let page = 0; ; page++) {
      if (page >= MOST_PAGES) {
        throw new NetcostError('upstream', `${logGroup} has more than ${MOST_PAGES} pages in that window.`, {
          hint: 'Read a shorter window, or send the flow log to S3.',
        });
      }
      const answer = await ask('logs:FilterLogEvents', place, signal, (send) =>
        client.send(
          new FilterLogEventsCommand({
            logGroupName: logGroup,
            ...(logStreamNamePrefix === undefined ? {} : { logStreamNamePrefix }),
            startTime: window.fromMs,
            endTime: window.toMs - 1,
            ...(nextToken === undefined ? {} : { nextToken }),
          }),
          send,
        ),
      );
      const lines = (answer.events ?? []).flatMap(({ message }) => (message === undefined ? [] : [message.trimEnd()]));
      if (lines.length > 0) yield `${layout.header}\n${lines.join('\n')}\n`;
      // An empty page with a token is no end: AWS goes on looking.
      if (answer.nextToken === undefined || answer.nextToken === nextToken) break;
      nextToken = answer.nextToken;
    }
  }
}
