// The form that builds a queue: which stored texts, who labels them, by which schema; the count is live.

import { ask } from './annotate_api.js';
import { counted, el, fetchJson, fill, plural } from './dom.js';

const PAUSE = 250; // milliseconds without a change before texts are counted
const TAKES = {
  final: 'the final text of each run', first: 'the first attempt of each run', drafts: 'all first attempts', critiques: 'critiques',
  revision_pair: 'pairs: first attempt and last revision', sample_pair: 'pairs: two samples, of different verdicts where there are',
};
const VERDICTS = { '': 'any', correct: 'correct', incorrect: 'incorrect', unparsed: 'no answer found', ungraded: 'not graded' };
const TRANSITIONS = { '': 'any', 'incorrect>correct': 'wrong → right', 'correct>incorrect': 'right → wrong', 'correct>correct': 'right → right', 'incorrect>incorrect': 'wrong → wrong' };
const SAMPLINGS = { all: 'all of them', random: 'at random', diverse: 'for diversity: unlike each other', uncertain: 'the most uncertain ones' };

/** The form; `on` has made(queue) and edit(schema): a new one is made from it. */
export class QueueForm {
  constructor(on) {
    this.on = on;
    this.inputs = {};
    this.count = el('p.st-count', { role: 'status' });
    this.error = el('p.st-error', { role: 'alert' });
    this.node = el('form.st-form.st-queueform', { onsubmit: (event) => this.submit(event), oninput: () => this.changed(), onchange: () => this.changed() });
  }

  /** Ask what a filter may name, once. */
  async start() {
    if (this.started) return;
    this.started = true;
    try {
      const [schemas, choices, sessions, experiments] = await Promise.all([ask('GET', '/schemas'), ask('GET', '/choices'), fetchJson('/api/library/sessions?limit=200'), fetchJson('/api/experiments?limit=200')]);
      this.draw(schemas, choices, sessions.items, experiments.items);
      this.changed();
    } catch (error) {
      this.started = false;
      fill(this.node, el('p.st-error', { role: 'alert' }, `The form cannot be made: ${error.message}`));
    }
  }

  draw(schemas, { methods, models, scores }, sessions, experiments) {
    this.schemaBox = el('div');
    const named = (list) => Object.fromEntries([['', 'all'], ...list.map((name) => [name, name.replaceAll('_', ' ')])]);
    const byId = (first, rows) => Object.fromEntries([['', first], ...rows.map((row) => [row.id, row.name])]);
    fill(this.node,
      part('What is labelled', this.text('name', 'Name of the queue', 'Queue'), this.select('take', 'Texts', TAKES), this.schemaBox),
      part('From which runs', this.select('session', 'Session', byId('all', sessions)), this.select('experiment', 'Experiment', byId('any or none', experiments)),
        this.select('method', 'Method', named(methods)), this.select('model', 'Model', named(models)), this.select('verdict', 'Verdict', VERDICTS), this.select('transition', 'First to last', TRANSITIONS),
        this.number('entropy', 'Mean entropy at least (nats)', { min: 0, step: 0.05 }), this.disagreement(scores), this.check('unlabelled', 'Only what nobody has labelled')),
      part('How many', this.select('sampling', 'Take', SAMPLINGS), this.number('n', 'At most', { min: 1, max: 100000 }), this.number('seed', 'Seed of choice and order', { min: 0, value: 0 })),
      part('Who labels', this.text('annotators', 'Annotators, separated by commas', 'Me'), this.number('overlap', 'Annotators an item', { min: 1, max: 50, value: 1 }),
        this.check('blind', 'Blind: hide model, method, scores and verdict until submitted'), this.check('suggestions', 'Show what the signals suggest', true)),
      this.count, this.error, el('p', {}, el('button.st-button', { type: 'submit', data: { action: 'make' } }, 'Make the queue')));
    this.inputs.blind.addEventListener('change', () => { this.inputs.suggestions.checked = !this.inputs.blind.checked; });
    this.drawSchemas(schemas);
  }

  drawSchemas({ ready, own }, chosen = 'steps') {
    this.schemas = [...ready, ...own];
    const options = Object.fromEntries(this.schemas.map((schema) => [schema.id, ready.includes(schema) ? schema.name : `${schema.name} (yours)`]));
    fill(this.schemaBox, this.select('schema', 'Labels', options, chosen));
    const edit = el('button.st-link', { type: 'button', onclick: () => this.on.edit(this.schemas.find((schema) => schema.id === this.inputs.schema.value)) }, 'Change or make a schema…');
    this.schemaBox.append(edit);
  }

  /** Show the schemas again after one was saved, and choose it. */
  async schemasAgain(id) {
    this.drawSchemas(await ask('GET', '/schemas'), id);
  }

  changed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.recount(), PAUSE);
  }

  async recount() {
    if (!this.inputs.take) return;
    const asked = (this.asked = (this.asked || 0) + 1);
    try {
      const { found, taken } = await ask('POST', '/count', { body: this.filter() });
      if (asked !== this.asked) return;
      this.error.textContent = '';
      this.count.textContent = found === taken ? `${plural(found, 'item')}.` : `${plural(found, 'item')} found, ${counted(taken)} of them taken.`;
    } catch (error) {
      if (asked === this.asked) { this.count.textContent = ''; this.error.textContent = error.message; }
    }
  }

  filter() {
    const { inputs } = this;
    const list = (name) => (inputs[name].value ? [inputs[name].value] : []);
    const number = (name) => (inputs[name].value === '' ? null : Number(inputs[name].value));
    const apart = inputs.first.value && inputs.second.value ? { first: inputs.first.value, second: inputs.second.value, least: number('least') ?? 0 } : null;
    return {
      sessions: list('session'), experiment: inputs.experiment.value || null, methods: list('method'), models: list('model'), take: inputs.take.value, verdict: inputs.verdict.value || null,
      transition: inputs.transition.value || null, disagreement: apart, entropy: number('entropy'), unlabelled: inputs.unlabelled.checked, sampling: inputs.sampling.value, n: number('n'), seed: number('seed') ?? 0,
    };
  }

  async submit(event) {
    event.preventDefault();
    const { inputs } = this;
    const annotators = inputs.annotators.value.split(',').map((name) => name.trim()).filter(Boolean).map((name) => ({ name }));
    const body = { name: inputs.name.value.trim(), schema_id: inputs.schema.value, filter: this.filter(), annotators, blind: inputs.blind.checked, suggestions: inputs.suggestions.checked, overlap: Number(inputs.overlap.value), seed: Number(inputs.seed.value) };
    if (!body.name) { this.error.textContent = 'Give the queue a name.'; return; }
    if (!annotators.length) { this.error.textContent = 'Name at least one annotator.'; return; }
    try {
      this.on.made(await ask('POST', '/queues', { body }));
    } catch (error) {
      this.error.textContent = error.message;
    }
  }

  /* Inputs by name. */

  select(name, label, options, chosen = null) {
    return this.field(name, label, el('select', { data: { name } }, ...Object.entries(options).map(([value, text]) => el('option', { value, selected: value === chosen }, text))));
  }

  text(name, label, value) {
    return this.field(name, label, el('input', { type: 'text', value, maxLength: 1000, data: { name } }));
  }

  number(name, label, bounds) {
    return this.field(name, label, el('input', { type: 'number', data: { name }, ...bounds }));
  }

  check(name, label, checked = false) {
    const input = el('input', { type: 'checkbox', checked, data: { name } });
    this.inputs[name] = input;
    return el('label.st-field.st-inline', {}, input, el('span', {}, label));
  }

  field(name, label, input) {
    this.inputs[name] = input;
    input.ariaLabel = label; // a label around a list would be read with all of its options
    return el('div.st-field', {}, el('label', {}, el('span', {}, label), input));
  }

  disagreement(scores) {
    const options = Object.fromEntries([['', '–'], ...scores.map((score) => [score, score.replaceAll('_', ' ')])]);
    return el('fieldset.st-apart', {}, el('legend', {}, 'Scores that disagree'), this.select('first', 'One', options), this.select('second', 'Other', options), this.number('least', 'by at least', { min: 0, step: 0.05, value: 0.3 }));
  }
}

function part(title, ...inputs) {
  return el('section', { ariaLabel: title }, el('h4', {}, title), el('div.st-fields', {}, ...inputs));
}
