// Stored runs as training data: a builder, a format, its settings, a preview, and links to the files.

import { counted, el, fetchJson, fill, plural } from './dom.js';
import { resolved, SchemaField } from './schema_field.js';

const SESSIONS = 200;
let serial = 0;

/** Start the component: called once by js_on_load. */
export function mount({ element, props, watch }) {
  const form = new TrainingForm(element.querySelector('.st-training-form'), element);
  const take = () => form.take(props.value || {});
  watch('value', take);
  take();
}

class TrainingForm {
  constructor(root, element) {
    this.element = element;
    this.session = null;
    this.values = {};
    this.body = el('div.st-form');
    const fold = el('details.st-training', { ontoggle: () => { if (fold.open) this.open(); } }, el('summary', {}, 'Export for training'), this.body);
    this.fold = fold;
    fill(root, fold);
  }

  /** Take a value from Python: the session that a person looks at. */
  take({ session = null }) {
    this.session = session;
    if (this.fold.open) this.open();
  }

  async open() {
    try {
      const [choices, sessions] = await Promise.all([
        this.choices || fetchJson('/api/training/choices'), fetchJson(`/api/library/sessions?limit=${SESSIONS}`),
      ]);
      this.choices = choices;
      this.sessions = sessions.items;
      this.draw();
    } catch (error) {
      fill(this.body, el('p.st-error', { role: 'alert' }, `What can be exported cannot be listed: ${error.message}`));
    }
  }

  draw() {
    const { builders, formats } = this.choices;
    if (!this.sessions.length) { fill(this.body, el('p.st-dim', {}, 'There is nothing to export yet.')); return; }
    this.builder = builders.find((each) => each.name === this.builder?.name) || builders[0];
    const fitting = formats.filter((each) => this.builder.formats.includes(each.name));
    this.format = fitting.find((each) => each.name === this.format?.name) || fitting[0];
    this.chosen = this.sessions.find((each) => each.id === (this.picked ?? this.session)) || this.sessions[0];
    const session = (each) => [each.id, `${each.name} (${plural(each.runs, 'run')})`];
    this.results = el('div.st-results', { role: 'status' });
    this.links = el('div.st-actions');
    fill(this.body,
      el('div.st-choices', {},
        this.picker('session', 'Session', this.sessions.map(session), this.chosen.id, (id) => { this.picked = id; this.linked(); }),
        this.picker('builder', 'Rows', builders.map((each) => [each.name, each.title]), this.builder.name, (name) => this.pick(builders, name)),
        this.picker('format', 'Format', fitting.map((each) => [each.name, each.title]), this.format.name, (name) => this.change(formats, name))),
      ...this.about(), this.settings(), this.links, this.results);
    this.linked();
    this.element.dataset.ready = this.builder.name;
  }

  pick(builders, name) {
    this.builder = builders.find((each) => each.name === name);
    this.redraw('builder');
  }

  change(formats, name) {
    this.format = formats.find((each) => each.name === name);
    this.redraw('format');
  }

  redraw(name) {
    this.draw();
    this.body.querySelector(`[data-name="${name}"]`).focus();
  }

  picker(name, title, options, value, changed) {
    serial += 1;
    const id = `st-training-${serial}`;
    const select = el('select', { id, data: { name }, onchange: (event) => changed(event.target.value) },
      ...options.map(([key, text]) => el('option', { value: key, selected: key === value }, text)));
    return el('div.st-field', {}, el('label', { htmlFor: id }, title), select);
  }

  about() {
    const { description, source, draws } = this.builder;
    return [
      el('p.st-contained', {}, description.replaceAll(/\s+/g, ' ')),
      el('p.st-dim.st-contained', {}, `Source: ${source}. ${this.format.training.replaceAll('`', '')}`),
      draws ? el('p.st-dim', {}, 'What only a model can add here is drawn from the command line, with --draw.') : null,
    ];
  }

  settings() {
    const { properties, $defs: definitions = {} } = this.choices.settings;
    const special = new Set(this.choices.builders.flatMap((each) => each.uses));
    const names = Object.keys(properties).filter((name) => !special.has(name) || this.builder.uses.includes(name));
    const own = names.filter((name) => special.has(name));
    const field = (name) => new SchemaField(name, resolved(properties[name], definitions), this.values[name] ?? properties[name].default,
      (value) => { this.values[name] = value; this.linked(); }).node;
    return el('details', { open: true }, el('summary', {}, 'Settings'),
      el('div.st-fields', {}, ...[...own, ...names.filter((name) => !own.includes(name))].map(field)));
  }

  /** What the server is asked: selection, builder, format and the settings that these two look at. */
  query() {
    const special = new Set(this.choices.builders.flatMap((each) => each.uses));
    const kept = Object.entries(this.values).filter(([name]) => !special.has(name) || this.builder.uses.includes(name));
    return new URLSearchParams({
      sessions: this.chosen.id, builder: this.builder.name, format: this.format.name, settings: JSON.stringify(Object.fromEntries(kept)),
    });
  }

  linked() {
    this.chosen = this.sessions.find((each) => each.id === this.picked) || this.chosen;
    const only = new URLSearchParams({ sessions: this.chosen.id });
    const file = (address, text) => el('a.st-button', { href: address, download: '' }, text);
    fill(this.links,
      el('button.st-button', { type: 'button', data: { name: 'preview' }, onclick: () => this.preview() }, 'Preview'),
      file(`/api/training/file?${this.query()}`, 'Download with data card'),
      file(`/api/training/traces?${only}`, 'Everything with signals'), file(`/api/training/labels?${only}`, 'Labels'));
    fill(this.results);
  }

  async preview() {
    fill(this.results, el('p.st-dim', {}, 'Making the rows …'));
    try {
      this.show(await fetchJson(`/api/training/preview?${this.query()}`));
    } catch (error) {
      fill(this.results, el('p.st-error', { role: 'alert' }, error.message));
    }
    this.element.dataset.previewed = String(Number(this.element.dataset.previewed || 0) + 1);
  }

  show({ rows, kinds, refused, runs, problems, first }) {
    fill(this.results,
      el('p', {}, `${plural(rows, 'row')} of ${plural(runs, 'run')} on ${plural(problems, 'problem')}.`),
      counts('By kind', kinds), counts('Refused or left out', refused),
      ...first.map((row) => el('pre.st-row', { tabIndex: 0, ariaLabel: 'A row' }, JSON.stringify(row, null, 1))));
  }
}

/** A table of counts; nothing where there are none. */
function counts(title, numbers) {
  const entries = Object.entries(numbers);
  return entries.length ? el('table', {}, el('caption', {}, title),
    el('tbody', {}, ...entries.map(([name, count]) => el('tr', {}, el('th', { scope: 'row' }, name), el('td', {}, counted(count)))))) : null;
}
