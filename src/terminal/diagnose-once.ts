import { NetcostError } from '../errors.js';
import { readFlowFolder } from '../triage/bundle/flow-folder.js';
import { openBundle } from '../triage/bundle/read-bundle.js';
import { diagnose } from '../triage/diagnose.js';
import { jsonText } from './answer-json.js';
import type { Work } from './ask-once.js';
import { diagnosisPage } from './diagnosis-page.js';

/**
 * Diagnoses an evidence bundle: a page for people, or one JSON document (contract, part 3).
 * @throws NetcostError 'usage' without a bundle; 'input' where the folder is none.
 */
export async function runDiagnose(
  flags: { readonly bundle?: string; readonly json?: true },
  work: Work & { readonly hasColour: boolean },
): Promise<string> {
  if (flags.bundle === undefined) {
    throw new NetcostError('usage', 'There is nothing to diagnose: --bundle is not given.', {
      hint: 'Give --bundle DIR, a folder with alert.json, cloudwatch/metrics.json, flow-logs/ and what else was recorded.',
    });
  }
  const sources = await openBundle(flags.bundle, (folder, inventory) =>
    readFlowFolder(folder, inventory, work.elapsedMs),
  );
  const startedMs = work.elapsedMs();
  const diagnosed = await diagnose(sources, () => work.elapsedMs() - startedMs);
  return flags.json ? jsonText(diagnosed.report) : diagnosisPage(diagnosed, work.hasColour);
}
