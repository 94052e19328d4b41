// A branch: its draft, critiques and revisions in the order they were made; identical samples are folded.

import { el } from './dom.js';
import { GenerationCard } from './generation_card.js';

/** One branch of a run. */
export class Lane {
  constructor(run, branch) {
    this.run = run;
    this.branch = branch;
    this.cards = new Map();
    this.list = el('div.st-cards');
    this.folded = false;
    this.fold = el('button.st-fold', { type: 'button', hidden: true, onclick: () => this.opened() });
    this.node = el('section.st-lane', { ariaLabel: `Sample ${branch + 1}`, data: { branch } }, this.fold, this.list);
  }

  /** The card of a generation, made when it is first asked for and put in order. */
  card(generation) {
    let card = this.cards.get(generation.id);
    if (!card) {
      card = new GenerationCard(this.run, generation);
      this.cards.set(generation.id, card);
      const next = [...this.cards.values()]
        .filter((other) => other.generation.ordinal > generation.ordinal)
        .sort((a, b) => a.generation.ordinal - b.generation.ordinal)[0];
      this.list.insertBefore(card.node, next?.node || null);
      this.node.dataset.cards = this.cards.size;
    }
    return card;
  }

  /** Fold the lane into a line that says which sample has the same text. */
  foldInto(branch) {
    if (this.fold.textContent) return; // folded before, perhaps opened again by hand
    this.fold.textContent = `Sample ${this.branch + 1}: same text as sample ${branch + 1} · show`;
    this.folded = true;
    this.fold.hidden = false;
    this.list.hidden = true;
    this.node.dataset.folded = '1';
  }

  /** Opened by hand: the focus goes on to what was hidden. */
  opened() {
    this.unfold();
    this.list.querySelector('.st-pane')?.focus({ preventScroll: true });
  }

  unfold() {
    this.folded = false;
    this.fold.hidden = true;
    this.list.hidden = false;
    delete this.node.dataset.folded;
  }
}

/** Fold the lanes whose only text was given by an earlier sample; returns text -> branches. */
export function foldDuplicates(lanes) {
  const seen = new Map();
  for (const lane of [...lanes.values()].sort((a, b) => a.branch - b.branch)) {
    if (lane.cards.size !== 1) continue;
    const { finished } = [...lane.cards.values()][0].generation;
    if (!finished?.text) continue;
    if (!seen.has(finished.text)) seen.set(finished.text, []);
    else lane.foldInto(seen.get(finished.text)[0]);
    seen.get(finished.text).push(lane.branch);
  }
  return seen;
}
