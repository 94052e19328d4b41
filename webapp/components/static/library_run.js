// One run in the library's list.

import { el, factLine, number, plural, verdictBadge } from './dom.js';
import { modelName, statusBadge } from './head.js';
import { when } from './library_time.js';
import { transitionBadge } from './transition.js';

/** A row; `on` has edit, remove, restore, select(chosen) and tag(name); `panel` is its open editor or null. */
export function runRow(run, title, selected, on, panel) {
  const box = el('input', { type: 'checkbox', checked: selected, data: { focus: `tick run ${run.id}` }, ariaLabel: `Select for comparison: ${run.question}`, onchange: (event) => on.select(event.target.checked) });
  return el('li.st-item', { data: { run: run.id } }, run.deleted_at ? null : box,
    el('div.st-main', {},
      el('a.st-name.st-contained', { href: address(run) }, run.name || run.question),
      run.name ? el('p.st-contained.st-clamp', {}, run.question) : null,
      el('p.st-dim.st-contained', {}, factLine([title, modelName(run.model_id), `seed ${run.seed}`, when(run.created_at), cost(run.cost)])),
      outcome(run), tags(run, on), run.notes ? el('p.st-notes.st-contained.st-clamp', {}, run.notes) : null),
    actions(run, on), panel);
}

function address(run) {
  return `/?run=${encodeURIComponent(run.id)}`;
}

function cost({ generated_tokens: made, seconds }) {
  return `${plural(made, 'token')} in ${number(seconds, 1)} s`;
}

function outcome(run) {
  const first = { answer: run.first_answer, verdict: run.first_verdict };
  const changed = run.first_answer !== run.answer || run.first_verdict !== run.verdict;
  return el('p.st-judged', {}, run.status === 'finished' ? null : statusBadge(run.status),
    run.answer === null ? null : el('b.st-contained', {}, run.answer), verdictBadge(run.verdict),
    changed ? transitionBadge(first, run) : null, run.oracle ? el('span.st-badge.st-oracle', {}, '⚑ oracle') : null);
}

function tags(run, on) {
  if (!run.tags.length) return null;
  return el('p.st-tags', {}, ...run.tags.map((tag) => el('button.st-chip', { type: 'button', ariaLabel: `Only runs tagged ${tag}`, onclick: () => on.tag(tag) }, `# ${tag}`)));
}

function actions(run, on) {
  if (run.writable === false) return el('div.st-itemactions', {}, el('a.st-link', { href: address(run) }, 'Open'));
  if (run.deleted_at) return el('div.st-itemactions', {}, el('button.st-link', { type: 'button', data: { focus: `restore run ${run.id}` }, onclick: on.restore }, 'Restore'));
  return el('div.st-itemactions', {}, el('a.st-link', { href: address(run) }, 'Open'),
    el('button.st-link', { type: 'button', data: { focus: `edit run ${run.id}` }, onclick: on.edit }, 'Edit'), el('button.st-link', { type: 'button', onclick: on.remove }, 'Delete'));
}
