// The vote over extracted answers: one bar, a row an answer, ties and samples without an answer kept visible.

import { el, verdictBadge } from './dom.js';
import { answering, branches } from './model.js';

/** The vote of a finished run, or null where there was none. `go(branch)` shows a sample. */
export function votePanel(run, go) {
  const votes = run.finished?.outcome.votes || [];
  if (!votes.length) return null;
  const lanes = branches(run);
  const voted = new Set(votes.flatMap((vote) => vote.branches));
  // A sample that is in no vote states no answer, or a method left it out; lanes without a first draft are no samples.
  const silent = lanes.filter(([branch, list]) => !voted.has(branch) && list.some(({ role, round }) => role === 'draft' && !round));
  const [unparsed, leftOut] = [true, false].map((none) => silent.filter(([, list]) => none === !stated(list)).map(([branch]) => branch));
  // Weights need not be counts: those without an answer take their share of the samples, the votes share the rest.
  const missing = unparsed.length / (voted.size + unparsed.length);
  const total = votes.reduce((sum, vote) => sum + vote.weight, 0) / (1 - missing) || 1;
  const verdicts = new Map(lanes.map(([branch, list]) => [branch, answering(list).finished?.verdict]));
  const tied = votes.filter((vote) => vote.tied).length;
  return el('section.st-votes', { ariaLabel: 'Vote' },
    el('h4', {}, 'Vote', tied ? el('span.st-badge.st-caution', {}, `⚖ tie of ${tied}`) : null),
    el('div.st-votebar', { ariaHidden: 'true' }, ...votes.map((vote, i) => segment(vote, i, total)), unparsedSegment(missing)),
    el('ul', {}, ...votes.map((vote) => row(vote, verdicts.get(vote.branches[0]), go)),
      silentRow('no answer found', 'counts as wrong', unparsed, go), silentRow('left out of the vote', '', leftOut, go)));
}

function stated(list) {
  return (answering(list).finished?.answer ?? null) !== null;
}

function segment(vote, rank, total) {
  const share = vote.weight / total;
  return el(`span${vote.winner ? '.st-winner' : ''}`, { style: { '--share': share, '--rank': rank } }, share > 0.12 ? vote.answer : '');
}

function unparsedSegment(share) {
  return share > 0 ? el('span.st-unparsed', { style: { '--share': share } }, '∅') : null;
}

function row(vote, verdict, go) {
  const standing = [vote.winner ? '★ chosen' : '', vote.tied ? 'tied' : ''].filter(Boolean).join(', ');
  return el(vote.winner ? 'li.st-winner' : 'li', {}, el('b.st-contained', {}, vote.answer),
    el('span.st-count', {}, `×${vote.branches.length}`), el('span.st-dim', {}, weight(vote)), verdictBadge(verdict),
    el('span.st-standing', {}, standing), samples(vote.branches, go));
}

function weight(vote) {
  return vote.weight === vote.branches.length ? '' : `weight ${vote.weight.toFixed(2)}`;
}

function silentRow(what, note, branches, go) {
  if (!branches.length) return null;
  return el('li.st-unparsed', {}, el('span', {}, what), el('span.st-count', {}, `×${branches.length}`),
    el('span.st-dim', {}, note), samples(branches, go));
}

function samples(list, go) {
  return el('span.st-samples', {}, el('span.st-dim', {}, list.length === 1 ? 'sample' : 'samples'), ...list.map((branch) =>
    el('button.st-link', { type: 'button', ariaLabel: `Show sample ${branch + 1}`, onclick: () => go(branch) }, String(branch + 1))));
}
