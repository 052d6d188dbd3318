import type { Command } from 'commander';
import type { Terminal } from '../cli.js';
import { NetcostError } from '../errors.js';
import type { DiagnosisSubject } from '../triage/live.js';

interface DiagnoseFlags {
  readonly bundle?: string;
  readonly save?: string;
  readonly config: string;
  readonly json?: true;
}

/** `diagnose`: a recorded incident with --bundle, else one of now, over the accounts of a config (contract, part 1). */
export function addDiagnose(program: Command, terminal: Terminal): void {
  program
    .command('diagnose')
    .description('say why NAT gateways cost more: causes, shares, dollars and fixes; now, or from recorded evidence')
    .argument('[what...]', 'ids of NAT gateways, or last: the last alert')
    .option('--bundle <dir>', 'folder with the recorded evidence of one incident')
    .option('--save <dir>', 'keep what was seen as an evidence bundle, without secrets')
    .option('--config <file>', 'the config with aws.accounts', 'netcost.yml')
    .option('--json', 'print one JSON document')
    .action(async (words: string[], flags: DiagnoseFlags) => {
      if (flags.bundle !== undefined || words.length === 0) {
        if (flags.bundle !== undefined && (words.length > 0 || flags.save !== undefined))
          throw new NetcostError(
            'usage',
            `--bundle ${flags.bundle} is recorded evidence, and that alone is diagnosed.`,
            {
              hint: 'Leave out the gateways and --save.',
            },
          );
        const { runDiagnose } = await import('../terminal/diagnose-once.js');
        await terminal.write(await runDiagnose(flags, terminal));
        return;
      }
      const { diagnoseNow } = await import('./diagnose-now.js');
      const { jsonText } = await import('../terminal/answer-json.js');
      const { diagnosisPage } = await import('../terminal/diagnosis-page.js');
      const diagnosed = await diagnoseNow(subjectOf(words), flags, terminal);
      const text = flags.json ? jsonText(diagnosed.report) : diagnosisPage(diagnosed, terminal.hasColour);
      await terminal.write(text);
    });
}

/** @throws NetcostError 'usage' */
function subjectOf(words: readonly string[]): DiagnosisSubject {
  if (words.length === 1 && words[0]?.toLowerCase() === 'last') return { kind: 'last' };
  const wrong = words.find((word) => !/^nat-[0-9a-f]{8,17}$/i.test(word));
  if (wrong !== undefined) {
    throw new NetcostError('usage', `${wrong} is no NAT gateway.`, {
      hint: 'Allowed: ids as nat-0a1b2c3d4e5f60718, or last.',
    });
  }
  return { kind: 'nat', natGatewayIds: words.map((word) => word.toLowerCase()) };
}
