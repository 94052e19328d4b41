// One generation of a branch: its role, its tokens or its difference to what it revises, its answer and numbers.

import { diffCounts, diffView } from './diff_view.js';
import { el, fill, number, plural, verdictBadge } from './dom.js';
import { revised, scoresOf } from './model.js';
import { scoreBar, scoreText } from './scores.js';
import { TokenView } from './token_view.js';
import { transitionBadge } from './transition.js';

const ROLES = {
  draft: 'Draft', critique: 'Critique', revision: 'Revision', verification: 'Verification', question: 'Question',
  evaluation: 'Evaluation', aggregate: 'Aggregate', tool_call: 'Tool call', tool_result: 'Tool result',
  search: 'Search', plan: 'Plan',
};
const ENDS = { length: 'cut at the longest text', cancelled: 'stopped', interrupted: 'interrupted', failed: 'failed', given: 'given' };

/** A card that grows with its generation. */
export class GenerationCard {
  constructor(run, generation) {
    this.run = run;
    this.generation = generation;
    this.tokens = new TokenView(generation, this.name());
    this.head = el('header');
    this.foot = el('footer.st-dim');
    this.body = el('div.st-body', {}, this.tokens.node);
    this.node = el(`article.st-generation.role-${generation.role}`, { ariaLabel: this.name(), data: { generation: generation.id } }, this.head, this.body, this.foot);
    this.drawHead();
  }

  name() {
    const { role, round, branch } = this.generation;
    return `${ROLES[role] || role}${round ? `, round ${round}` : ''}, sample ${branch + 1}`;
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
    const { generation } = this;
    const { role, round, branch, copied_from: copied, finished } = generation;
    const before = revised(this.run, generation);
    fill(this.head,
      el('span.st-role', {}, ROLES[role] || role),
      el('span.st-where.st-dim', {}, `sample ${branch + 1}${round ? ` · round ${round}` : ''}`),
      copied ? el('span.st-badge', { title: 'Repeated from an earlier run at no cost' }, 'copied') : null,
      finished ? null : el('span.st-live', {}, 'writing'),
      before ? transitionBadge(before.finished, finished) : null,
      this.outcome(), finished?.diff ? this.diffSwitch() : null);
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
    this.diff ||= diffView(this.generation.finished.diff, `Changes of ${this.name()}`);
    fill(this.body, on ? this.diff : this.tokens.node);
  }

  drawFoot() {
    const { finished } = this.generation;
    if (!finished) return;
    const summary = finished.summary || {};
    const facts = [
      finished.generated_tokens ? plural(finished.generated_tokens, 'token') : plural(this.generation.ids.length, 'token'),
      typeof summary.mean_entropy === 'number' ? `mean entropy ${number(summary.mean_entropy)}` : '',
      typeof summary.mean_logprob === 'number' ? `mean log-prob ${number(summary.mean_logprob)}` : '',
      finished.seconds ? `${number(finished.seconds, 1)} s` : '',
      ENDS[finished.finish_reason] || '', finished.replaced ? 'invalid characters replaced' : '',
    ].filter(Boolean);
    const { generation, run } = this;
    const names = new Set(run.scores.filter((s) => s.generation === generation.id).map((s) => s.name));
    const all = [...names].flatMap((name) => scoresOf(run, generation, name));
    fill(this.foot, el('span', {}, facts.join(' · ')),
      ...all.map((score) => (score.name.startsWith('p_true') ? scoreBar(score) : el('span', { title: score.how }, scoreText(score)))));
  }
}
