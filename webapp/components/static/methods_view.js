// All methods as cards, grouped by what they do, with an index of their titles and a search through everything said.

import { el, fill, plural } from './dom.js';
import { MethodCard } from './method_card.js';
import { methods } from './methods.js';

const FAMILIES = [
  ['sample', 'Sample', 'Draw several answers and combine them.'],
  ['judge', 'Judge', 'Let the model say what it thinks of its answers.'],
  ['revise', 'Revise', 'Criticise an answer and write it again.'],
  ['search', 'Search', 'Explore many partial answers and keep the promising ones.'],
  ['decode', 'Decode', 'Change how tokens are chosen while an answer is written.'],
  ['probe', 'Probe', 'Measure something about the model rather than answer better.'],
];

/** Start the component: called once by js_on_load. */
export function mount({ element }) {
  new MethodsView(element.querySelector('.st-methods-view'), element).start();
}

class MethodsView {
  constructor(root, element) {
    this.root = root;
    this.element = element;
    this.search = el('input', { type: 'search', placeholder: 'Search names, families, papers, settings…', ariaLabel: 'Search methods', oninput: () => this.narrow() });
    this.found = el('p.st-dim', { role: 'status' });
  }

  async start() {
    try {
      this.draw(await methods());
    } catch (error) {
      fill(this.root, el('p.st-error', { role: 'alert' }, `The methods cannot be listed: ${error.message} `,
        el('button.st-link', { type: 'button', onclick: () => this.start() }, 'Try again')));
    }
  }

  draw(list) {
    this.cards = list.map((method) => new MethodCard(method));
    this.groups = FAMILIES.map(([family, title, about]) => new Group(title, about, this.cards.filter((card) => card.method.family === family)))
      .filter((group) => group.cards.length);
    fill(this.root, el('div.st-bar', { role: 'search' }, this.search, this.found),
      el('div.st-catalogue', {}, el('nav.st-index', { ariaLabel: 'Methods' }, ...this.groups.map((group) => group.index)),
        el('div.st-cards', {}, ...this.groups.map((group) => group.node))));
    this.narrow();
    this.element.dataset.loaded = '1';
    this.cards.find((card) => `#${card.method.name}` === location.hash)?.show();
  }

  /** Show the cards that say every word that was typed. */
  narrow() {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const group of this.groups) group.narrow(words);
    const shown = this.cards.filter((card) => !card.node.hidden).length;
    this.found.textContent = words.length ? `${shown} of ${plural(this.cards.length, 'method')}` : plural(this.cards.length, 'method');
  }
}

/** The methods of a family: their cards, and their titles in the index. */
class Group {
  constructor(title, about, cards) {
    this.cards = cards;
    this.index = el('section', {}, el('h4', {}, title), el('ul', {}, ...cards.map((card) => card.link)));
    this.node = el('section', { ariaLabel: title }, el('h2', {}, title, el('span.st-dim', {}, about)), ...cards.map((card) => card.node));
  }

  narrow(words) {
    for (const card of this.cards) card.narrow(words);
    const none = this.cards.every((card) => card.node.hidden);
    this.index.hidden = none;
    this.node.hidden = none;
  }
}
