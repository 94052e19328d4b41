// A word-level difference as insertions and deletions; what the model did not write is marked in it.

import { el } from './dom.js';
import { bytes } from './model.js';
import { originSpans } from './origin_spans.js';

const TAGS = { '+': 'ins', '-': 'del', '=': 'span' };

/** Draw `[[op, text], ...]` with op one of =, -, +; `spans` are the origins in the text after the change. */
export function diffView(operations, label, spans = []) {
  let at = 0; // bytes of that text
  const drawn = operations.map(([op, text]) => {
    if (op === '-') return el(TAGS[op], {}, text);
    const start = at;
    at += bytes(text);
    return el(TAGS[op], {}, ...originSpans(text, foreign(spans, start, at)));
  });
  return el('div.st-diff', { role: 'group', ariaLabel: label, tabIndex: 0 }, ...drawn);
}

/** What of a piece of text the model did not write, as spans of that piece. */
function foreign(spans, start, end) {
  return spans.filter(([from, to, origin]) => origin !== 'model' && from < end && to > start)
    .map(([from, to, origin]) => [Math.max(from, start) - start, Math.min(to, end) - start, origin]);
}

/** How much changed: words added and removed. */
export function diffCounts(operations) {
  const words = (wanted) => operations
    .filter(([op]) => op === wanted)
    .reduce((sum, [, text]) => sum + text.split(/\s+/).filter(Boolean).length, 0);
  return { added: words('+'), removed: words('-') };
}
