// What an item is about: the question, what its text was written from, and what is no longer hidden.

import { el, factLine, verdictBadge } from './dom.js';
import { modelName } from './head.js';

/** The head of an item: question, guideline, context; model and verdict where they may be seen. */
export function itemHead(item, schema) {
  const letters = item.choices.map((choice, i) => el('li.st-contained', {}, `(${String.fromCharCode(65 + i)}) ${choice}`));
  return el('header.st-itemhead', {},
    el('section.st-asked', { ariaLabel: 'Question' }, el('p.st-contained', {}, item.question), letters.length ? el('ul', {}, ...letters) : null),
    schema.guideline ? el('p.st-dim.st-guideline.st-contained', {}, schema.guideline) : null,
    ...item.context.map((text, i) => context(text, i === item.context.length - 1)), item.revealed ? revealed(item.revealed) : null);
}

/** A text before it; the one right before is open. */
function context({ role, text }, open) {
  return el('details.st-context', { open }, el('summary', {}, `Before it: ${role.replaceAll('_', ' ')}`), el('div.st-contexttext.st-contained', {}, text));
}

function revealed({ run_id: run, method, model, seed, verdict, answer, reference }) {
  return el('p.st-revealed.st-dim', {}, el('span', {}, factLine([method.replaceAll('_', ' '), modelName(model), `seed ${seed}`])), ' ', verdictBadge(verdict),
    answer === null ? null : el('span.st-contained', {}, ' answer ', el('b', {}, answer)),
    reference === null ? null : el('span.st-contained', {}, ' reference ', el('b', {}, reference)), ' ',
    el('a.st-link', { href: `/?run=${encodeURIComponent(run)}`, tabIndex: -1 }, 'Open the run'));
}
