// What an annotator says of an item, as plain data: {labels, steps}. Every function returns a new one.
// Labels are those of storage/annotations.py; steps are {start, end} in bytes, a row a text.

const WHOLE = new Set(['choice', 'preference', 'scale', 'text']);
export const STEPPED = new Set(['steps', 'first_error']);

/** What stands where in an annotation that the server told: what counts, and the steps it refers to. */
export function taken(annotation, texts) {
  const steps = annotation.steps.length ? annotation.steps : texts.map((text) => text.steps);
  return { labels: annotation.labels.filter((label) => label.confirmed || label.source !== 'suggestion'), steps: steps.map((row) => row.map(({ start, end }) => ({ start, end }))) };
}

/** Two labels of a field that cannot both be said have the same target. */
export function target(field, label) {
  if (WHOLE.has(field.kind)) return field.name;
  if (field.kind === 'first_error') return `${field.name} ${label.text ?? 0}`;
  const at = [field.name, label.text ?? 0, label.step ?? ''];
  if (field.kind === 'steps') return at.join(' ');
  return [...at, label.start ?? '', label.end ?? '', label.value].join(' ');
}

/** The labels of a field, in one text or step where these are named. */
export function said(state, field, { text = null, step = null } = {}) {
  return state.labels.filter((label) => label.field === field.name && (text === null || (label.text ?? 0) === text) && (step === null || label.step === step));
}

/** Say a label; saying one of several that is there already takes it back. */
export function toggle(state, field, label) {
  const key = target(field, label);
  const there = field.kind === 'choices' && state.labels.find((each) => each.field === field.name && target(field, each) === key);
  return there ? without(state, there) : put(state, field, label);
}

/** Say a label in place of what was said of its target. */
export function put(state, field, label) {
  const key = target(field, label);
  const rest = state.labels.filter((each) => each.field !== field.name || target(field, each) !== key);
  return { ...state, labels: [...rest, { source: 'person', confirmed: true, ...label, field: field.name }] };
}

/** Take a label back. */
export function without(state, label) {
  return { ...state, labels: state.labels.filter((each) => each !== label) };
}

/** Write a text; an empty one is no label. */
export function write(state, field, value) {
  const rest = state.labels.filter((label) => label.field !== field.name);
  return { ...state, labels: value.trim() ? [...rest, { field: field.name, value, source: 'person', confirmed: true }] : rest };
}

/** Make one step of two: what was said of the first stays, what only the second has moves to it. */
export function merge(state, fields, text, step) {
  const row = state.steps[text];
  if (step + 1 >= row.length) return state;
  const joined = { start: row[step].start, end: row[step + 1].end };
  const steps = state.steps.with(text, [...row.slice(0, step), joined, ...row.slice(step + 2)]);
  return { steps, labels: distinct(fields, moved(state.labels, text, (at) => (at > step ? at - 1 : at))) };
}

/** Make two steps of one; `end` is where the first ends, `start` where the second begins. */
export function split(state, text, step, end, start) {
  const row = state.steps[text];
  const steps = state.steps.with(text, [...row.slice(0, step), { start: row[step].start, end }, { start, end: row[step].end }, ...row.slice(step + 1)]);
  return { steps, labels: moved(state.labels, text, (at) => (at > step ? at + 1 : at)) };
}

/** Whether nothing is left to be said of a field; of steps, every one up to the first that is rated below 0. */
export function answered(state, field) {
  if (field.kind !== 'steps') return said(state, field).length > 0;
  return state.steps.every((row, text) => {
    const ratings = row.map((_, step) => said(state, field, { text, step })[0]).map((label) => label && (ratingOf(field, label.value) ?? 0));
    const bad = ratings.findIndex((rating) => rating < 0);
    return !ratings.slice(0, bad < 0 ? ratings.length : bad).includes(undefined);
  });
}

/** What an option is worth; undefined or null where it is worth nothing. */
export function ratingOf(field, value) {
  return field.options.find((option) => option.value === value)?.rating;
}

/** The suggestions about which nothing was said yet; those about a step that a person has cut otherwise are gone. */
export function open(state, suggestions, fields, texts) {
  const named = new Map(fields.map((field) => [field.name, field]));
  const key = (label) => `${label.field} ${target(named.get(label.field), label)}`;
  const taken = new Set(state.labels.map(key));
  const standing = suggestions.map((each) => onStep(each, state, texts));
  return standing.filter((each) => each && named.has(each.label.field) && !taken.has(key(each.label)));
}

/** A suggestion with the number that its step has now; suggested are the steps of the text as it came. */
function onStep(suggested, state, texts) {
  const { step = null, text = 0 } = suggested.label;
  if (step === null) return suggested;
  const { start, end } = texts[text].steps[step];
  const now = state.steps[text].findIndex((each) => each.start === start && each.end === end);
  return now < 0 ? null : { ...suggested, label: { ...suggested.label, step: now } };
}

function moved(labels, text, place) {
  return labels.map((label) => (label.step === null || label.step === undefined || (label.text ?? 0) !== text ? label : { ...label, step: place(label.step) }));
}

function distinct(fields, labels) {
  const named = new Map(fields.map((field) => [field.name, field]));
  const seen = new Set();
  return labels.filter((label) => {
    const key = `${label.field} ${target(named.get(label.field), label)}`;
    return !seen.has(key) && seen.add(key);
  });
}
