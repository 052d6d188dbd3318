import type { Case } from '../case.js';
import type { Fix } from './fix.js';
import { gatewayUsdPerDay } from './money.js';
import { shellCommand } from './shell.js';

/** Deletes gateways that nothing goes through: one fix for all of them, one command each. */
export function deleteIdleNat(found: Case, natGatewayIds: readonly string[]): Fix {
  const commands = natGatewayIds.map((id) =>
    shellCommand(
      ['aws', 'ec2', 'delete-nat-gateway'],
      [
        ['--nat-gateway-id', id],
        ['--region', found.account.region],
      ],
    ),
  );
  return {
    id: 'delete-idle-nat',
    params: { natGatewayIds },
    usdSavedPerDay: gatewayUsdPerDay(found, natGatewayIds.length),
    usdCostPerDay: '0',
    terraform: null,
    cli: commands.join('\n'),
  };
}
