// What the model did not write is marked: by token where there are tokens, else by the stretches of the text.

import { el } from './dom.js';

const LABELS = { soft: 'soft', injected: 'inserted', tool: 'tool', imagined: 'imagined tool', person: 'you' };

/** Mark an element as written by someone else than the model; the first of a stretch says by whom. */
export function markForeign(node, origin, first) {
  node.classList.add('st-foreign');
  node.dataset.origin = origin;
  if (first) node.dataset.label = LABELS[origin] || origin;
}

/** A text cut into its stretches; `spans` are [start, end, origin] in UTF-8 bytes, the rest is the model's. */
export function originSpans(text, spans) {
  const whole = new TextEncoder().encode(text);
  const piece = (start, end) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(whole.subarray(start, end));
  const nodes = [];
  let at = 0;
  for (const [start, end, origin] of [...spans].sort((a, b) => a[0] - b[0])) {
    if (start > at) nodes.push(piece(at, start));
    if (end > start) nodes.push(stretch(piece(start, end), origin));
    at = Math.max(at, end);
  }
  if (at < whole.length) nodes.push(piece(at, whole.length));
  return nodes;
}

function stretch(text, origin) {
  const node = el('span.st-stretch', {}, text);
  if (origin !== 'model') markForeign(node, origin, true);
  return node;
}
