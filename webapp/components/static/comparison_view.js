// A comparison of many stored runs: asks the server for its parts and draws them; the address says what is looked at.

import { SidePanel } from './comparison_side.js';
import { filesOf, partSection } from './comparison_part.js';
import { ProblemList } from './comparison_problems.js';
import { el, fetchJson, fill } from './dom.js';

const UNITS = { generated_tokens: 'generated tokens', calls: 'calls', seconds: 'seconds' };

/** Start the component: called once by js_on_load. */
export function mount({ element, props, watch }) {
  const view = new ComparisonView(element);
  const open = () => view.open(props.value || {});
  watch('value', open);
  open();
}

class ComparisonView {
  constructor(element) {
    this.element = element;
    this.root = element.querySelector('.st-comparison');
    this.asked = null;
  }

  open({ runs = [], sessions = [], experiment = null }) {
    const wanted = new URLSearchParams();
    if (experiment) wanted.set('experiment', experiment);
    else if (sessions.length) wanted.set('sessions', sessions.join(','));
    else if (runs.length) wanted.set('runs', runs.join(','));
    this.wanted = wanted;
    return this.load();
  }

  /** The address of something below the comparison. */
  address(path = '', more = {}) {
    const query = new URLSearchParams(this.wanted);
    for (const [name, value] of Object.entries(more)) if (value !== null && value !== undefined && value !== '') query.set(name, value);
    return `/api/comparison${path}?${query}`;
  }

  async load() {
    this.asked?.abort();
    this.asked = new AbortController();
    delete this.element.dataset.done;
    if (![...this.wanted].length) { fill(this.root); return; }
    const { signal } = this.asked;
    fill(this.root, el('p.st-dim', { role: 'status' }, 'Reading the stored runs…'));
    try {
      this.draw(await fetchJson(this.address('', { unit: said('unit') }), signal));
    } catch (error) {
      if (!signal.aborted) fill(this.root, el('p.st-error', { role: 'alert' }, error.message));
    }
    if (!signal.aborted) this.element.dataset.done = '1';
  }

  draw({ title, sides, parts }) {
    const shown = (key) => this.section(parts.find((part) => part.key === key));
    const problems = new ProblemList(this, sides, said, say);
    this.problems = problems;
    fill(this.root, this.head(title, sides), shown('sides'), shown('transitions'), shown('differences'), shown('cost'),
      new SidePanel(this, sides, said, say).node, problems.node,
      el('details.st-provenance', {}, el('summary', {}, 'Settings, seeds and models'), shown('settings'), shown('models')));
  }

  head(title, sides) {
    const files = el('span.st-files', {},
      el('a.st-link', { href: this.address('/report', { unit: said('unit') }), download: '' }, 'Report (HTML)'),
      ...filesOf(this.address('/table', { part: 'runs' }), 'All runs (CSV)', 'Parquet', 'Every run that counts'),
      ...filesOf(this.address('/table', { part: 'texts' }), 'All texts (CSV)', 'Parquet', 'Every graded text with its signals'));
    return el('header', {}, el('h2.st-contained', {}, title), el('span.st-dim', {}, `${sides.length} ${sides.length === 1 ? 'side' : 'sides'}`), files);
  }

  section(part, more = {}) {
    const controls = part.key === 'cost' ? this.unitChoice() : null;
    return partSection(part, {
      file: this.address('/table', { part: part.key, unit: said('unit'), ...more }), controls,
      step: (side, step) => this.problems.narrow({ side, step, differ: null }),
    });
  }

  unitChoice() {
    const options = Object.entries(UNITS).map(([value, text]) => el('option', { value, selected: value === (said('unit') || 'generated_tokens') }, text));
    const choose = async (event) => {
      say({ unit: event.target.value === 'generated_tokens' ? null : event.target.value });
      await this.load();
      this.root.querySelector('[data-focus=unit]')?.focus();
    };
    return el('div.st-controls', {}, el('label', {}, 'Cost in', el('select', { onchange: choose, data: { focus: 'unit' } }, ...options)));
  }
}

/** What the address says under a name, null for nothing. */
function said(name) {
  return new URLSearchParams(location.search).get(name);
}

/** Say things in the address; null takes one away. */
function say(values) {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(values)) {
    if (value === null || value === undefined || value === '') url.searchParams.delete(name);
    else url.searchParams.set(name, value);
  }
  history.replaceState(null, '', url.href.replaceAll('%2C', ','));
}
