// One run as a column: head, progress, what it concluded, scores, and its branches.

import { el, fill, keepingFocus, verdictBadge } from './dom.js';
import { EvidencePanel } from './evidence.js';
import { Head, questionBlock } from './head.js';
import { apply, newRun } from './model.js';
import { ProgressLine } from './progress.js';
import { foldDuplicates, Lane } from './rounds.js';
import { runScores, scorePanel } from './scores.js';
import { transition, transitionBadge } from './transition.js';
import { votePanel } from './votes.js';

/** A column; `judge(run)` is called for "use these samples as input". */
export class RunColumn {
  constructor(id, judge) {
    this.id = id;
    this.connection = 'connecting';
    this.head = new Head(() => judge(id));
    this.progress = new ProgressLine('Progress of this run');
    this.question = el('div');
    this.conclusion = el('div.st-conclusion');
    this.scores = el('div');
    this.evidence = new EvidencePanel(id, (branch) => this.go(branch));
    this.lanesNode = el('div.st-lanes');
    this.node = el('article.st-run', { data: { run: id } }, this.head.node, this.progress.node, this.question, this.conclusion, this.scores, this.evidence.node, this.lanesNode);
    this.reset();
  }

  /** Forget everything: the log starts over. */
  reset() {
    this.run = newRun(this.id);
    this.lanes = new Map();
    this.queue = [];
    this.scored = 0;
    fill(this.lanesNode);
    fill(this.conclusion);
    fill(this.scores);
    this.evidence.reset();
    this.headKey = null;
    this.drawState();
  }

  /** Keep events until the next frame. */
  push(events) {
    this.queue.push(...events);
  }

  /** Apply queued events until the deadline (a performance.now() time); returns whether all are drawn. */
  draw(deadline) {
    const touched = new Set();
    let done = 0;
    while (done < this.queue.length && (done === 0 || performance.now() < deadline)) {
      const generation = apply(this.run, this.queue[done]);
      done += 1;
      if (generation) this.cardOf(generation).update();
      if (generation) touched.add(this.cardOf(generation));
    }
    this.queue.splice(0, done);
    this.touched = touched;
    this.drawState();
    return this.queue.length === 0;
  }

  /** After all columns are drawn: keep the ends of growing texts in sight; a stored run is shown from its start. */
  follow() {
    if (this.run.progress?.status === 'running') for (const card of this.touched || []) card.tokens.follow();
    this.touched = null;
  }

  cardOf(generation) {
    let lane = this.lanes.get(generation.branch);
    if (!lane) {
      lane = new Lane(this.run, generation.branch);
      this.lanes.set(generation.branch, lane);
      const next = [...this.lanes.values()].filter((other) => other.branch > lane.branch).sort((a, b) => a.branch - b.branch)[0];
      this.lanesNode.insertBefore(lane.node, next?.node || null);
      this.countLanes();
    }
    return lane.card(generation);
  }

  setConnection(word) {
    this.connection = word;
    this.drawState();
  }

  drawState() {
    const { run } = this;
    this.progress.update(run, this.connection);
    const key = `${Boolean(run.opened)} ${run.progress?.status} ${Boolean(run.finished)} ${this.connection === 'missing'}`;
    if (key !== this.headKey) this.drawHead(key);
    if (run.scores.length !== this.scored) this.drawScores();
  }

  drawHead(key) {
    this.headKey = key;
    this.head.update(this.run);
    if (this.connection === 'missing') fill(this.head.node, el('h3', {}, 'No such run'), el('p.st-dim', {}, this.id));
    if (this.run.finished) this.conclude();
  }

  drawScores() {
    this.scored = this.run.scores.length;
    keepingFocus(this.scores, () => fill(this.scores, scorePanel(this.run, (branch) => this.go(branch)), runScores(this.run)));
    for (const lane of this.lanes.values()) for (const card of lane.cards.values()) card.drawFoot();
  }

  conclude() {
    const { run } = this;
    this.evidence.offer();
    const { outcome } = run.finished;
    const same = [...foldDuplicates(this.lanes).values()].filter((list) => list.length > 1);
    this.countLanes();
    fill(this.conclusion, conclusion(run, outcome), votePanel(run, (branch) => this.go(branch)),
      same.length ? el('p.st-dim', {}, `Same text: ${same.map((list) => `×${list.length} (samples ${list.map((b) => b + 1).join(', ')})`).join('; ')}.`) : null);
  }

  /** Tell the styles how many lanes share the width. */
  countLanes() {
    const open = [...this.lanes.values()].filter((lane) => !lane.folded).length;
    this.lanesNode.style.setProperty('--lanes', open);
  }

  /** Draw or take away the question: it is shown once above all columns when they share it. */
  showQuestion(on) {
    fill(this.question, on && this.run.opened ? questionBlock(this.run.opened) : null);
  }

  go(branch) {
    const lane = this.lanes.get(branch);
    lane?.unfold();
    this.countLanes();
    lane?.node.scrollIntoView({ block: 'center', behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' });
    lane?.node.querySelector('.st-pane')?.focus({ preventScroll: true });
  }
}

function conclusion(run, outcome) {
  const graded = outcome.verdict !== 'ungraded';
  if (outcome.answer === null && !graded && !outcome.note) return null;
  const first = { answer: outcome.first_answer, verdict: outcome.first_verdict };
  return el('section.st-answerline', { ariaLabel: 'Answer', data: { verdict: outcome.verdict } },
    el('span.st-dim', {}, 'Answer'), el('b.st-contained.st-answer', {}, outcome.answer ?? '—'), verdictBadge(outcome.verdict),
    revisedAnything(run) || transition(first, outcome) !== transition(first, first) ? transitionBadge(first, outcome) : null,
    outcome.note ? el('span.st-dim.st-contained', {}, outcome.note) : null);
}

function revisedAnything(run) {
  return [...run.generations.values()].some((generation) => generation.role === 'revision');
}
