// One queue: who labels, and its parts: labelling, its items, agreement, disagreements, annotators.

import { place, go } from './annotate_address.js';
import { Agreement } from './annotate_agreement.js';
import { AnnotatorTable } from './annotate_annotators.js';
import { ask, of } from './annotate_api.js';
import { Desk } from './annotate_desk.js';
import { Disputes } from './annotate_disputes.js';
import { ItemList } from './annotate_items.js';
import { progressRow } from './annotate_queues.js';
import { el, factLine, fill, plural } from './dom.js';

const PARTS = [['label', 'Label'], ['items', 'Items'], ['agreement', 'Agreement'], ['disagreements', 'Disagreements', true], ['annotators', 'Annotators', true]];

/** The page of a queue; `leave()` goes back to the list. */
export class QueuePage {
  constructor(queue, leave) {
    this.queue = queue;
    this.leave = leave;
    this.head = el('header.st-queuehead');
    this.body = el('div.st-queuebody');
    this.node = el('div.st-queuepage', {}, this.head, this.body);
  }

  start() {
    return this.show(place().part || 'label', place().item);
  }

  close() {
    this.part?.close?.();
  }

  /** The name one labels under: the one in the address, else the only one; null while it has to be chosen. */
  get annotator() {
    const mine = this.queue.progress.filter((each) => each.mine).map((each) => each.annotator);
    const { as } = place();
    return mine.includes(as) ? as : mine.length === 1 ? mine[0] : null;
  }

  async show(name, item = null) {
    this.close();
    this.part = null;
    go({ part: name === 'label' ? null : name, item: name === 'label' ? item : null }, name === (place().part || 'label'));
    this.name = name;
    this.drawHead();
    const { queue, annotator } = this;
    const needs = name === 'label' || name === 'items';
    if (needs && !annotator) { fill(this.body, this.chooser()); return; }
    this.part = {
      label: () => new Desk(queue, annotator, { moved: (id) => go({ item: id }, true), progress: () => this.refresh(), finished: () => this.show('agreement') }),
      items: () => new ItemList(queue, annotator, (id) => this.show('label', id)),
      agreement: () => new Agreement(queue),
      disagreements: () => new Disputes(queue),
      annotators: () => new AnnotatorTable(queue, () => this.refresh()),
    }[name]();
    fill(this.body, this.part.node);
    try {
      await this.part.start(item);
    } catch (error) {
      fill(this.body, el('p.st-empty', { role: 'alert' }, error.message));
    }
  }

  /** Load how far everybody is. */
  async refresh() {
    try {
      this.queue = await ask('GET', of('queues', this.queue.id));
    } catch {
      return; // what could not be kept is said at the desk
    }
    this.drawHead();
  }

  drawHead() {
    const { queue, annotator } = this;
    const tabs = PARTS.filter(([, , owners]) => !owners || queue.owner).map(([name, title]) =>
      el('button', { type: 'button', ariaPressed: String(name === this.name), data: { part: name }, onclick: () => this.show(name) }, title, name === 'disagreements' && queue.disputed ? ` (${queue.disputed})` : ''));
    fill(this.head, el('div.st-title', {}, el('button.st-link', { type: 'button', onclick: this.leave }, '← All queues'), el('h2.st-contained', {}, queue.name),
      el('span.st-dim.st-contained', {}, factLine([queue.label_schema.name, plural(queue.items, 'item'), queue.blind ? 'blind' : ''])), annotator ? this.acting(annotator) : null),
    el('div.st-segments', { role: 'group', ariaLabel: 'Parts of the queue' }, ...tabs));
  }

  acting(annotator) {
    const several = this.queue.progress.filter((each) => each.mine).length > 1;
    return el('span.st-acting', {}, el('span.st-dim', {}, 'labelling as '), el('b.st-contained', {}, annotator), several ? el('button.st-link', { type: 'button', onclick: () => this.as(null) }, 'Change') : null);
  }

  as(name) {
    go({ as: name, item: null });
    this.show(this.name === 'items' ? 'items' : 'label');
  }

  chooser() {
    const mine = this.queue.progress.filter((each) => each.mine);
    if (!mine.length) return el('p.st-empty', {}, 'You do not label in this queue; its owner can let you join.');
    return el('section.st-part', { ariaLabel: 'Who labels?' }, el('h3', {}, 'Who labels?'),
      ...mine.map((each) => el('button.st-chooser', { type: 'button', data: { annotator: each.annotator }, onclick: () => this.as(each.annotator) }, progressRow(each))));
  }
}
