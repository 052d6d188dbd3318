import { NetcostError } from '../errors.js';
import type { AwsPlace } from './access.js';
import { isThrottling } from './call-count.js';

/**
 * What AWS refused, as one line with what to do: which call, where, what was said. The message of AWS is cut and has no
 * line breaks; it is text from outside, whoever shows it escapes it.
 * `call` is `ec2:DescribeVpcs`, as a policy names it; `what` is what it was asked of, where the call does not say it.
 */
export function awsFailure(cause: unknown, call: string, { accountId, region }: AwsPlace, what?: string): NetcostError {
  const { name = 'Error', message = '' } = (cause ?? {}) as { name?: string; message?: string };
  // The SDK adds advice for whoever debugs it.
  const plain = message.replace(/ *Deserialization error: to see the raw response[\s\S]*/, '');
  const said = plain.replace(/\s+/g, ' ').slice(0, 300);
  const at = `${what === undefined ? '' : `of ${what} `}in account ${accountId}, ${region}`;
  if (/AccessDenied|UnauthorizedOperation|NotAuthorized|AuthorizationError/i.test(name)) {
    return new NetcostError('upstream', `AWS does not allow ${call} ${at}: ${said}`, {
      cause,
      hint: `Add the permission ${call} to the role of netcost in account ${accountId}; netcost check prints the statement.`,
    });
  }
  if (
    /Expired|InvalidClientTokenId|UnrecognizedClient|CredentialsProvider|InvalidAccessKeyId|SignatureDoesNotMatch/i.test(
      name,
    )
  ) {
    return new NetcostError('upstream', `AWS does not accept the credentials for ${call} ${at}: ${name}: ${said}`, {
      cause,
      hint: 'Renew the credentials of this process, or look at the trust policy of the role that it assumes.',
    });
  }
  if (isThrottling(cause)) {
    return new NetcostError('upstream', `AWS throttled ${call} ${at}, after retries: ${name}.`, {
      cause,
      hint: 'Try again in a few minutes; somebody else may be using up the rate of this account.',
    });
  }
  if (/Timeout|ECONN|ENOTFOUND|EAI_AGAIN|NetworkingError/i.test(`${name} ${said}`)) {
    return new NetcostError('upstream', `AWS did not answer ${call} ${at}: ${name}: ${said}`, {
      cause,
      hint: 'Look at the network from here to AWS; behind a private subnet that is an endpoint or a NAT gateway.',
    });
  }
  return new NetcostError('upstream', `${call} failed ${at}: ${name}: ${said}`, { cause });
}
