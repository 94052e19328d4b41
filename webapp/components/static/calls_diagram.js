// The calls of a recorded run as boxes and arrows: from the question through drafts, critiques, ... to the answer.

import { arrow, END, Grid } from './calls_grid.js';
import { layout } from './calls_layout.js';
import { el, number, plural } from './dom.js';
import { svg } from './svg.js';

const LONGEST = 18; // characters of a line in a box; wider letters than most are cut off
const ANSWERING = ['draft', 'revision', 'aggregate'];
let serial = 0;

/** The parts of a figure for what `/api/methods/NAME/calls` tells: the picture and its caption. */
export function callsDiagram(recorded) {
  const picture = new Picture(recorded, layout(recorded.calls, recorded.run.chosen));
  return [el('div.st-scroll', { tabIndex: 0, role: 'region', ariaLabel: 'Picture of the calls' }, picture.node()), caption(recorded, picture.plan.hidden)];
}

class Picture {
  constructor({ run, calls, scores }, plan) {
    serial += 1;
    this.tip = `st-tip-${serial}`;
    this.run = run;
    this.calls = calls;
    this.scores = scores;
    this.plan = plan;
    this.grid = new Grid(plan, scores.length > 0);
    this.samples = new Set(calls.filter((call) => call.role === 'draft' && !call.round).map((call) => call.branch));
  }

  node() {
    const { width, height } = this.grid;
    return svg('svg', { width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': summary(this.calls) },
      svg('defs', {}, arrow(this.tip)), ...this.edges(), this.end(this.grid.question, 'Question'),
      ...[...this.plan.placed.values()].map((each) => this.box(each)), this.end(this.grid.answer, 'Answer'));
  }

  edges() {
    const { grid, plan: { placed, edges } } = this;
    const fed = new Set(edges.map(([, child]) => child));
    const first = [...placed.values()].filter(({ call }) => !fed.has(call.id));
    return [
      ...first.map((each) => this.edge(grid.across(grid.question, grid.at(each)), each.call.copied ? 'st-edge st-copied' : 'st-edge')),
      ...edges.map(([parent, child]) => this.edge(grid.between(placed.get(parent), placed.get(child)), 'st-edge')),
      ...this.answering().map((id) => this.edge(grid.toAnswer(placed.get(id)), id === this.run.chosen ? 'st-edge st-picked' : 'st-edge')),
    ];
  }

  edge(d, look) {
    return svg('path', { d, class: look, 'marker-end': `url(#${this.tip})` });
  }

  /** The calls that the answer rests on: the last text of every branch that voted, and the chosen one. */
  answering() {
    const last = new Map();
    for (const { call } of this.plan.placed.values()) if (ANSWERING.includes(call.role)) last.set(call.branch, call.id);
    const voted = this.run.voters.filter((branch) => last.has(branch)).map((branch) => last.get(branch));
    const chosen = this.plan.placed.has(this.run.chosen) ? [this.run.chosen] : [];
    return [...new Set([...voted, ...chosen])];
  }

  end({ left, top, height }, word) {
    return svg('g', { class: 'st-end' }, svg('rect', { x: left, y: top, width: END, height, rx: height / 2 }),
      svg('text', { x: left + END / 2, y: top + height / 2 + 5, 'text-anchor': 'middle', class: 'st-word' }, word));
  }

  box(placed) {
    const { call } = placed;
    const { left, top, width, height } = this.grid.at(placed);
    const chosen = call.id === this.run.chosen;
    const told = this.scores.filter((score) => score.generation === call.id).map(({ name, value }) => [name.replaceAll('_', ' '), number(value)]);
    const where = [this.samples.has(call.branch) ? `sample ${call.branch + 1}` : '', call.copied ? 'copied' : `${call.tokens} tok`].filter(Boolean).join(' · ');
    return svg('g', { class: `st-call st-role-${call.role}${chosen ? ' st-picked' : ''}` },
      svg('title', {}, [`${named(call)}: ${where}`, ...told.map((each) => each.join(' '))].join('\n')),
      svg('rect', { x: left, y: top, width, height, rx: 6 }),
      svg('svg', { x: left, y: top, width: width - 4, height }, line(15, `${chosen ? '★ ' : ''}${named(call)}`, 'st-word'), line(31, where, 'st-small'),
        told.length ? line(47, `${cut(told[0][0], LONGEST - told[0][1].length - 1)} ${told[0][1]}`, 'st-small') : null));
  }
}

function line(y, text, look) {
  return svg('text', { x: 9, y, class: look }, cut(text, LONGEST));
}

function cut(text, longest) {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}

/** What a call is, in a word; a draft of a later round is no first attempt and goes by its label. */
function named({ role, round, label }) {
  const word = role === 'draft' && round ? label : role.replaceAll('_', ' ');
  return `${word.charAt(0).toUpperCase()}${word.slice(1)}${round > 1 ? ` ${round}` : ''}`;
}

function summary(calls) {
  const counts = new Map();
  for (const { role } of calls) counts.set(role, (counts.get(role) || 0) + 1);
  return [...counts].map(([role, count]) => plural(count, role.replaceAll('_', ' '))).join(', ');
}

function caption({ run, calls }, hidden) {
  const from = run.example ? `Drawn from the recorded example “${run.name || run.question}”` : 'Drawn from a stored run';
  const more = hidden ? ` ${plural(hidden, 'more branch', 'more branches')} ${hidden === 1 ? 'is' : 'are'} not drawn.` : '';
  return el('figcaption.st-dim.st-contained', {}, `${from} (${run.model}): ${summary(calls)}.${more} `,
    run.example ? null : el('a.st-link', { href: `/?run=${encodeURIComponent(run.id)}` }, 'Open it'));
}
