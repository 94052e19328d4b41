// A word-level difference as insertions and deletions.

import { el } from './dom.js';

const TAGS = { '+': 'ins', '-': 'del', '=': 'span' };

/** Draw `[[op, text], ...]` with op one of =, -, +. */
export function diffView(operations, label) {
  return el('div.st-diff', { role: 'group', ariaLabel: label, tabIndex: 0 },
    ...operations.map(([op, text]) => el(TAGS[op], {}, text)));
}

/** How much changed: words added and removed. */
export function diffCounts(operations) {
  const words = (wanted) => operations
    .filter(([op]) => op === wanted)
    .reduce((sum, [, text]) => sum + text.split(/\s+/).filter(Boolean).length, 0);
  return { added: words('+'), removed: words('-') };
}
