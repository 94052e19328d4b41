// One generation of a branch: its role, its tokens or its difference to what it revises, its answer and numbers.

import { CorrectionForm, correctable } from './correction.js';
import { diffCounts, diffView } from './diff_view.js';
import { el, fill, number, plural, verdictBadge } from './dom.js';
import { revised } from './model.js';
import { scoreText, shortScore } from './scores.js';
import { TokenView } from './token_view.js';
import { transitionBadge } from './transition.js';

const ROLES = {
  draft: 'Draft', critique: 'Critique', revision: 'Revision', verification: 'Verification', question: 'Question',
  evaluation: 'Evaluation', aggregate: 'Aggregate', tool_call: 'Tool call', tool_result: 'Tool result',
  search: 'Search', plan: 'Plan',
};
const ENDS = { length: 'cut at its limit', cancelled: 'stopped', interrupted: 'interrupted', failed: 'failed', given: 'given', pruned: 'dropped by resampling' };

/** What a generation is, in a word; a draft of a later round is no first attempt and goes by its label ("Idea"). */
function roleWord({ role, round, label }) {
  if (role === 'draft' && round) return label.charAt(0).toUpperCase() + label.slice(1);
  return ROLES[role] || role;
}

/** A card that grows with its generation; asks for a correction by an event `correct` that bubbles. */
export class GenerationCard {
  constructor(run, generation) {
    this.run = run;
    this.generation = generation;
    this.tokens = new TokenView(generation, this.name());
    this.head = el('header');
    this.foot = el('footer.st-dim');
    this.body = el('div.st-body', {}, this.tokens.node);
    this.desk = el('div');
    this.node = el(`article.st-generation.role-${generation.role}`, { ariaLabel: this.name(), data: { generation: generation.id } }, this.head, this.body, this.desk, this.foot);
    this.drawHead();
  }

  name() {
    const { round, branch } = this.generation;
    return `${roleWord(this.generation)}${round ? `, round ${round}` : ''}, sample ${branch + 1}`;
  }

  /** Draw what came since the last frame. */
  update() {
    this.tokens.update();
    if (this.generation.finished && !this.done) this.finish();
  }

  finish() {
    this.done = true;
    this.tokens.finish();
    this.node.dataset.finished = '1';
    this.drawHead();
    this.drawFoot();
  }

  drawHead() {
    const { round, branch, copied_from: copied, finished } = this.generation;
    fill(this.head,
      el('span.st-role', {}, roleWord(this.generation)),
      el('span.st-where.st-dim', {}, `sample ${branch + 1}${round ? ` · round ${round}` : ''}`),
      copied ? el('span.st-badge', { title: 'Repeated from an earlier run at no cost' }, 'copied') : null,
      finished ? null : el('span.st-live', {}, 'writing'),
      this.outcome(), this.changes());
    if (finished) this.drawCorrect();
  }

  drawCorrect() {
    if (!correctable(this.generation.role)) return;
    const button = el('button.st-link.st-correct', { type: 'button', ariaLabel: `Correct ${this.name()} by hand`, onclick: () => this.correct(0) }, 'Correct');
    this.head.insertBefore(button, this.head.querySelector('.st-changes'));
  }

  /** Open the form in which a person goes on after the first tokens of the text, or writes all anew. */
  correct(kept) {
    const close = () => { fill(this.desk); this.head.querySelector('.st-correct')?.focus(); };
    const start = (wish) => {
      close();
      this.node.dispatchEvent(new CustomEvent('correct', { bubbles: true, detail: { generation: this.generation.id, ...wish } }));
    };
    const form = new CorrectionForm(this.generation, kept, start, close);
    fill(this.desk, form.node);
    form.text.focus();
  }

  /** What a revision did to the text and to the outcome. */
  changes() {
    const { generation } = this;
    const { finished } = generation;
    const before = revised(this.run, generation);
    if (!finished || !before) return null;
    return el('span.st-changes', {}, transitionBadge(before.finished, finished), finished.diff ? this.diffSwitch() : null);
  }

  outcome() {
    const { finished, role } = this.generation;
    if (!finished || !(finished.answer !== null || ['draft', 'revision', 'aggregate'].includes(role))) return null;
    return el('span.st-outcome', {}, finished.answer === null ? null : el('b.st-contained.st-answer', {}, finished.answer), verdictBadge(finished.verdict));
  }

  diffSwitch() {
    const { diff } = this.generation.finished;
    const { added, removed } = diffCounts(diff);
    const button = el('button.st-toggle', { type: 'button', ariaPressed: 'false' }, `Changes +${added} −${removed}`);
    button.addEventListener('click', () => this.showDiff(button.ariaPressed !== 'true', button));
    return button;
  }

  showDiff(on, button) {
    button.ariaPressed = String(on);
    this.diff ||= diffView(this.generation.finished.diff, `Changes of ${this.name()}`, this.generation.finished.spans);
    fill(this.body, on ? this.diff : this.tokens.node); // the button keeps the focus: it is in the head
  }

  drawFoot() {
    const { finished } = this.generation;
    if (!finished) return;
    const { generation, run } = this;
    const scores = run.scores.filter((score) => score.generation === generation.id);
    fill(this.foot, el('span.st-facts', {}, ...this.facts().map((text) => el('span', {}, text))),
      ...scores.map((score) => (score.name.startsWith('p_true') ? shortScore(score) : el('span', { title: score.how }, scoreText(score)))));
  }

  facts() {
    const { finished, entropyIsLowerBound } = this.generation;
    const { mean_entropy: entropy, mean_logprob: logprob } = finished.summary || {};
    const bound = entropyIsLowerBound ? '≥ ' : ''; // the server gave only the likeliest tokens
    return [
      plural(finished.generated_tokens || this.generation.ids.length, 'token'),
      typeof entropy === 'number' ? `mean entropy ${bound}${number(entropy)}` : '',
      typeof logprob === 'number' ? `mean log-prob ${number(logprob)}` : '',
      finished.seconds ? `${number(finished.seconds, 1)} s` : '',
      ENDS[finished.finish_reason] || '', finished.replaced ? 'invalid characters replaced' : '',
    ].filter(Boolean);
  }
}
