import { listNetbox } from '../attribution/netbox.js';
import type { Config, Environment } from '../config.js';
import { describeError, NetcostError } from '../errors.js';
import type { CheckLine } from '../slack/check-slack.js';

const CHECK_MS = 10_000;

/** What `netcost check` says of NetBox; nothing where none is configured. Never throws. */
export async function checkNetbox({ owners }: Config, env: Pick<Environment, 'netboxToken'>): Promise<CheckLine[]> {
  const { url } = owners.netbox;
  if (url === undefined) return [];
  const subject = 'NetBox';
  if (env.netboxToken === undefined) {
    const fix = 'Make a token in NetBox (Admin → API Tokens; reading is enough) and put it into the environment.';
    return [{ ok: false, subject, says: 'NETBOX_TOKEN is not set.', fix }];
  }
  try {
    const vrfs = await listNetbox({ url, token: env.netboxToken, pageMs: CHECK_MS }, 'ipam/vrfs', {
      fields: 'id,name',
    });
    const unknown = Object.keys(owners.netbox.vrfs).filter(
      (name) => !name.includes(':') && !vrfs.some((vrf) => vrf.name === name),
    );
    if (unknown.length === 0) return [{ ok: true, subject, says: `${url}, ${vrfs.length} VRFs` }];
    const says = `${url} has no VRF ${unknown.join(', ')}.`;
    return [{ ok: false, subject, says, fix: 'Mend owners.netbox.vrfs: names or route distinguishers of VRFs.' }];
  } catch (error) {
    if (!(error instanceof NetcostError)) return [{ ok: false, subject, says: describeError(error) }];
    return [{ ok: false, subject, says: error.message, ...(error.hint === undefined ? {} : { fix: error.hint }) }];
  }
}
