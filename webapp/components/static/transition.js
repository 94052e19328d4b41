// What a revision did to the outcome: the four standard cells, or whether the answer changed where nothing is graded.

import { el } from './dom.js';

const OUTCOME = { correct: 'right', incorrect: 'wrong', unparsed: 'wrong' }; // unparsed counts as wrong
const ICONS = { 'right→right': '●→●', 'right→wrong': '●→○', 'wrong→right': '○→●', 'wrong→wrong': '○→○' };

/** The transition between two judged answers, `null` while one is unknown. */
export function transition(first, last) {
  if (!first || !last) return null;
  const [from, to] = [OUTCOME[first.verdict], OUTCOME[last.verdict]];
  if (from && to) return `${from}→${to}`;
  if (first.answer === null && last.answer === null) return null;
  return first.answer === last.answer ? 'same answer' : 'new answer';
}

/** The badge of a transition, null for none. */
export function transitionBadge(first, last) {
  const name = transition(first, last);
  if (name === null) return null;
  const icon = ICONS[name] || (name === 'same answer' ? '=' : '≠');
  return el('span.st-transition', { data: { transition: name } }, el('span', { ariaHidden: 'true' }, `${icon} `), name.replace('→', ' → '));
}
