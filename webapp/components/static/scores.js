// P(True): for each sample a bar of the normalised probability, with what it was normalised from.

import { el, number, percent, plural, verdictBadge } from './dom.js';

const RELIABLE = 0.5; // captured mass below which the normalised value says little

/** The P(True) scores of a run, or null where there are none. `go(branch)` shows a sample. */
export function scorePanel(run, go) {
  const scores = run.scores.filter((score) => score.name.startsWith('p_true') && score.generation);
  if (!scores.length) return null;
  const place = ({ generation }) => run.generations.get(generation)?.ordinal ?? 0;
  scores.sort((a, b) => place(a) - place(b)); // they come in the order in which the judging ended
  return el('section.st-scores', { ariaLabel: 'P(True)' },
    el('h4', {}, 'P(True)', el('span.st-dim', {}, 'what the model thinks of each answer')),
    el('ul', {}, ...scores.map((score) => row(run, score, go))));
}

/** The scores of the run as a whole, or null where there are none. */
export function runScores(run) {
  const scores = run.scores.filter((score) => !score.generation);
  return scores.length ? el('p.st-facts.st-dim', {}, ...scores.map((score) => el('span', { title: score.how }, scoreText(score)))) : null;
}

function row(run, score, go) {
  const generation = run.generations.get(score.generation);
  const branch = generation?.branch ?? 0;
  return el('li', {},
    el('button.st-link', { type: 'button', data: { focus: score.generation }, onclick: () => go(branch) }, `Sample ${branch + 1}`),
    el('span.st-judged', {}, answerOf(generation), verdictBadge(generation?.finished?.verdict)), scoreBar(score));
}

function answerOf(generation) {
  const answer = generation?.finished?.answer ?? null;
  return answer === null ? null : el('b.st-contained', {}, answer);
}

/** The bar of one P(True) score. */
export function scoreBar(score) {
  const masses = massesOf(score.details);
  const captured = capturedOf(score.details, masses);
  const weak = captured !== null && captured < RELIABLE;
  return el(weak ? 'div.st-score.st-weak' : 'div.st-score', { title: score.how, data: { score: score.name } },
    el('span.st-scorebar', { ariaHidden: 'true' }, el('span', { style: { '--share': score.value ?? 0 } })),
    el('b.st-num', { ariaLabel: `P(True) ${percent(score.value)}` }, percent(score.value)),
    el('small.st-dim', {}, masses ? `true ${percent(masses[0])} · false ${percent(masses[1])} · ` : '',
      captured === null ? '' : `captured ${percent(captured)}`, note(score)),
    weak ? el('span.st-badge.st-caution', { title: 'Most of the probability went to neither option.' }, '⚠ unreliable') : null);
}

function massesOf(details) {
  return Array.isArray(details.masses) ? details.masses : null;
}

function capturedOf(details, masses) {
  if (typeof details.captured === 'number') return details.captured;
  return masses ? masses.reduce((sum, mass) => sum + mass, 0) : null;
}

function note({ details: { format, ideas } }) {
  const shown = ideas > 0 ? `, ${plural(ideas, 'idea')}` : '';
  return format ? ` · ${format}${shown}` : '';
}

/** A P(True) score on one line. */
export function shortScore(score) {
  const captured = capturedOf(score.details, massesOf(score.details));
  const weak = captured !== null && captured < RELIABLE;
  return el(weak ? 'span.st-score.st-short.st-weak' : 'span.st-score.st-short', { title: score.how }, 'P(True)',
    el('span.st-scorebar', { ariaHidden: 'true' }, el('span', { style: { '--share': score.value ?? 0 } })), el('b', {}, percent(score.value)),
    captured === null ? null : el('span.st-dim', {}, `captured ${percent(captured)}`), weak ? el('span', {}, '⚠ unreliable') : null);
}

/** A short text for a score of another kind. */
export function scoreText(score) {
  return `${score.name.replaceAll('_', ' ')} ${number(score.value, 3)}`;
}
