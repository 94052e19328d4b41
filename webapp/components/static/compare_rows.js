// Which generations of several runs stand in one row, and what a cell says of one.

import { diffView } from './diff_view.js';
import { el, number, plural, verdictBadge } from './dom.js';
import { answering, branches } from './model.js';
import { originSpans } from './origin_spans.js';
import { shortScore } from './scores.js';
import { wordDiff } from './word_diff.js';

/** The rows: every place (branch, round, role, and which of several) that any run has, by branch, round and time. */
export function alignment(runs) {
  const rows = new Map();
  for (const run of runs) {
    for (const [place, generation] of places(run)) {
      const { branch, round, ordinal } = generation;
      if (!rows.has(place)) rows.set(place, { place, name: rowName(place), branch, round, ordinal });
    }
  }
  return [...rows.values()].sort((a, b) => a.branch - b.branch || a.round - b.round || a.ordinal - b.ordinal);
}

/** The generations of a run by their place. */
export function places(run) {
  const found = new Map();
  const ordered = [...run.generations.values()].sort((a, b) => a.ordinal - b.ordinal);
  for (const generation of ordered) {
    const { branch, round, role } = generation;
    let nth = 1;
    while (found.has([branch, round, role, nth].join())) nth += 1;
    found.set([branch, round, role, nth].join(), generation);
  }
  return found;
}

function rowName(place) {
  const [branch, round, role, nth] = place.split(',');
  const which = nth === '1' ? '' : ` ${nth}`;
  return [`Sample ${Number(branch) + 1}`, round === '0' ? '' : `round ${round}`, role.replaceAll('_', ' ') + which].filter(Boolean).join(' · ');
}

/** What a row is compared with: the same place in the baseline, or what the baseline's sample says in the end. */
export function counterpart(run, place) {
  const [branch, , role] = place.split(',');
  const lane = branches(run).find(([each]) => String(each) === branch);
  return places(run).get(place) || (role === 'revision' && lane ? answering(lane[1]) : null);
}

/** A cell; `against` is the baseline's text, or null for the plain text. */
export function cell(run, generation, against) {
  if (!generation) return el('span.st-dim', { title: 'This run has nothing here' }, '–');
  const { finished } = generation;
  const text = finished ? finished.text : generation.text.join('');
  const body = against === null ? el('div.st-diff', { tabIndex: 0, role: 'group', ariaLabel: 'Text' }, ...originSpans(text, finished?.spans || [])) : diffView(wordDiff(against, text), 'Changes against the baseline', finished?.spans);
  body.dataset.focus = generation.id;
  const scores = run.scores.filter((score) => score.generation === generation.id && score.name.startsWith('p_true'));
  return el('div.st-cell', {}, el('p.st-judged', {}, finished && finished.answer !== null ? el('b.st-contained', {}, finished.answer) : null, verdictBadge(finished?.verdict),
    against !== null && against === text ? el('span.st-badge', {}, '= same text') : null), body,
  el('p.st-dim.st-facts', {}, ...facts(generation).map((fact) => el('span', {}, fact))), ...scores.map(shortScore));
}

function facts({ finished, entropyIsLowerBound }) {
  if (!finished) return ['still being written'];
  const { mean_entropy: entropy } = finished.summary || {};
  const known = typeof entropy === 'number' ? `${entropyIsLowerBound ? '≥ ' : ''}${number(entropy)}` : 'unknown';
  const foreign = (finished.spans || []).some(([, , origin]) => origin !== 'model');
  return [foreign ? 'in part not by the model' : '', `mean entropy ${known}`, plural(finished.generated_tokens, 'token'), finished.seconds ? `${number(finished.seconds, 1)} s` : ''].filter(Boolean);
}
