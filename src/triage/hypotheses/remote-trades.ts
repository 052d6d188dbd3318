import type { RemoteEnd } from '../evidence/remotes.js';

/** What a remote is in business for, as far as its name or its category in owners.yaml tells. */
export type Trade = 'telemetry' | 'packages' | 'storage' | 'pool';

const CATEGORIES: readonly (readonly [RegExp, Trade])[] = [
  [/log|metric|telemetry|observab|monitor|apm|siem|trace/i, 'telemetry'],
  [/package|registry|mirror|artifact|repo|cdn|image|download|model/i, 'packages'],
  [/backup|storage|archive|dr\b|disaster|replica|vault/i, 'storage'],
  [/pool|mining/i, 'pool'],
];

/** Vendors of logs and metrics: what is sent there is telemetry. */
const TELEMETRY =
  /datadog|new relic|splunk|sumo ?logic|elastic(search)?\b|grafana|honeycomb|dynatrace|logz|loggly|solarwinds|papertrail|mezmo|logdna|sentry|functional software|coralogix|better ?stack|logtail|instana|appdynamics|lightstep|rapid7|axiom|observe, inc|chronosphere|crowdstrike|humio/i;
/** Who serves packages, updates, public images and model files, by themselves or as their CDN. */
const PACKAGES =
  /fastly|cloudflare|github|docker|npm|pypi|python software|rubygems|canonical|ubuntu|debian|red ?hat|fedora|suse|maven|sonatype|jfrog|gitlab|quay|hugging ?face|akamai|microsoft|azure|nodesource|hashicorp|apache|cloudsmith|packagecloud|anaconda|alpine|linux foundation|kernel\.org/i;
/** Who rents out storage. */
const STORAGE =
  /wasabi|backblaze|rsync\.net|idrive|dropbox|\bbox,? inc|storj|carbonite|veeam|acronis|druva|cohesity|rubrik|commvault|filebase|google cloud|\bgcp\b|azure|microsoft|iron mountain/i;

/** Whether a remote is of a trade: its category in owners.yaml says so, or its name is a known one of it. */
export function isOfTrade(remote: RemoteEnd, trade: Trade): boolean {
  if (
    remote.category !== null &&
    CATEGORIES.some(([pattern, one]) => one === trade && pattern.test(remote.category as string))
  )
    return true;
  const name = remote.kind === 'named' ? remote.label : (remote.provider ?? '');
  if (trade === 'telemetry') return TELEMETRY.test(name);
  if (trade === 'packages') return PACKAGES.test(name) || remote.service === 'CLOUDFRONT';
  if (trade === 'storage') return STORAGE.test(name);
  return false;
}

/** A remote that somebody of the company wrote into owners.yaml: it is meant to be talked to. */
export function isNamed(remote: RemoteEnd): boolean {
  return remote.kind === 'named';
}
