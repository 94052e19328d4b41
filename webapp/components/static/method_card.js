// The card of a method: what it does, what it costs, how faithful it is, what was reported, and a picture of its calls.

import { callsDiagram } from './calls_diagram.js';
import { el, fetchJson, fill } from './dom.js';
import { settingsTable } from './settings_table.js';

const NEAR = '400px'; // how far below the window the calls are asked for
const BESIDE = 580; // pixels of a picture that fits beside the facts
const NOT_STATED = 'Not stated.';
const REUSED = ' The drafts of an earlier run can be the input; these cost nothing again.';

/** A card, and the link to it in the index; the picture of the calls is drawn when it comes into sight. */
export class MethodCard {
  constructor(method) {
    this.method = method;
    this.calls = el('figure.st-calls', { ariaLabel: `Calls of ${method.title}` });
    this.node = el('article.st-methodcard', { ariaLabel: method.title, data: { method: method.name }, tabIndex: -1 },
      head(method), el('div.st-about', {}, ...paragraphs(method.description)), facts(method), this.calls, settings(method));
    this.link = el('li', {}, el('button.st-link', { type: 'button', onclick: () => this.show() }, method.title));
    this.said = JSON.stringify(method).toLowerCase();
    this.watching = new IntersectionObserver((seen) => { if (seen.some((each) => each.isIntersecting)) this.draw(); }, { rootMargin: NEAR });
    this.watching.observe(this.calls);
  }

  narrow(words) {
    this.node.hidden = !words.every((word) => this.said.includes(word));
    this.link.hidden = this.node.hidden;
  }

  show() {
    this.node.scrollIntoView({ block: 'start' }); // at once: pictures that come into sight on the way would push the card on
    this.node.focus({ preventScroll: true });
  }

  async draw() {
    this.watching.disconnect();
    try {
      const recorded = await fetchJson(`/api/methods/${encodeURIComponent(this.method.name)}/calls`);
      fill(this.calls, ...(recorded ? callsDiagram(recorded) : [el('p.st-dim', {}, 'No run of this method is recorded yet: try it, and its calls are drawn here.')]));
      this.calls.classList.toggle('st-wide', this.calls.querySelector('svg')?.width.baseVal.value > BESIDE);
    } catch (error) {
      fill(this.calls, el('p.st-error', { role: 'alert' }, `The calls cannot be drawn: ${error.message}`));
    }
  }
}

function head({ name, title, paper, faithful, unavailable }) {
  const full = faithful === 'full';
  return el('header', {}, el('h3', {}, title), el(full ? 'span.st-badge' : 'span.st-badge.st-caution', {}, full ? 'as in the paper' : faithful),
    paper ? el('span.st-dim.st-paper', {}, /^\d{4}\./.test(paper) ? `arXiv ${paper}` : paper) : null,
    unavailable ? el('span.st-badge.st-caution', {}, unavailable) : null,
    el('a.st-button', { href: `/?method=${encodeURIComponent(name)}` }, 'Try it'));
}

function paragraphs(text) {
  return (text || NOT_STATED).split('\n\n').map((paragraph) => el('p.st-contained', {}, paragraph));
}

function facts({ cost, takes_inputs: takesInputs, faithful_note: note, reported, unverified, needs, version }) {
  const fact = (name, text) => [el('dt', {}, name), el('dd.st-contained', {}, text || NOT_STATED)];
  return el('dl.st-methodfacts', {},
    ...fact('Cost', cost && takesInputs ? cost + REUSED : cost), ...fact('Faithfulness', note), ...fact('Reported', reported),
    ...fact('Not verified', unverified), ...fact('Needs', needs.map((need) => need.replaceAll('_', ' ')).join(', ')), ...fact('Version', version));
}

function settings({ parameters }) {
  const count = Object.keys(parameters.properties).length;
  return el('details', {}, el('summary', {}, `Settings (${count})`), settingsTable(parameters));
}
