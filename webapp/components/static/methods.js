// What methods there are, fetched once a page and shared by all forms on it; which of them the model can carry out.

import { fetchJson } from './dom.js';

let asked = null;

/** Said on the document when another model answers than before: what methods it offers may differ. */
export const MODEL_CHANGED = 'st-model-changed';

/** The methods as the server describes them, each with `unavailable`: why it cannot run, or an empty text. */
export async function methods() {
  asked ||= fetchJson('/api/methods').catch((error) => { asked = null; throw error; });
  const [list, { model }] = await Promise.all([asked, fetchJson('/api/model')]);
  return list.map((method) => ({ ...method, unavailable: reason(method, model) }));
}

function reason(method, model) {
  if (!model) return ''; // no model answers yet: nothing is known against it
  const missing = method.needs.filter((need) => !model.capabilities.includes(need));
  const why = [...new Set(missing.map((need) => model.absent?.[need]).filter(Boolean))];
  const because = why.length ? `: ${why.join('; ')}` : '';
  return missing.length ? `needs ${missing.join(', ')}, which this model does not offer${because}` : '';
}

/** The titles of the methods by name. */
export async function methodTitles() {
  const list = await methods();
  return new Map(list.map(({ name, title }) => [name, title]));
}
