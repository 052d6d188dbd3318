import { withWords, wordOf } from '../answers/question-words.js';

/** The obvious next questions after this one, with the label of their button; none that asks the same again. */
export function followUps(
  text: string,
): readonly { readonly label: string; readonly text: string; readonly id: string }[] {
  const by = wordOf(text, 'by');
  const groups = [
    { id: 'service', label: 'By service', by: 'service' },
    { id: 'remote', label: 'By destination', by: 'remote' },
    { id: 'client', label: 'By client', by: 'client' },
    { id: 'workload', label: 'By workload', by: 'workload' },
    { id: 'day', label: 'Over time', by: 'day' },
  ];
  const next = groups
    .filter((group) => group.by !== by)
    .map(({ id, label, by: key }) => ({ id, label, text: withWords(text, { by: key }) }));
  if (wordOf(text, 'compare') !== undefined) return next;
  return [...next, { id: 'compare', label: 'Previous period', text: withWords(text, { compare: 'previous' }) }];
}
