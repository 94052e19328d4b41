// The settings of a method as a table, made from the JSON schema of its parameter model.

import { el } from './dom.js';
import { resolved } from './schema_field.js';

const UNITS = { integer: 'count', boolean: 'yes or no', string: 'text', number: 'no unit' };

/** A row a setting: title, default, range, unit, what it does. */
export function settingsTable({ properties, $defs: definitions = {} }) {
  const rows = Object.entries(properties).map(([name, schema]) => row(name, resolved(schema, definitions)));
  return el('div.st-tablebox', {}, el('table', {},
    el('thead', {}, el('tr', {}, ...['Setting', 'Default', 'Range', 'Unit', 'What it does'].map((head) => el('th', { scope: 'col' }, head)))),
    el('tbody', {}, ...rows)));
}

function row(name, schema) {
  return el('tr', { data: { name } }, el('th', { scope: 'row' }, schema.title || name), el('td', {}, value(schema.default)), el('td', {}, range(schema)),
    el('td', {}, unit(schema)), el('td', {}, schema.description || '–'));
}

function value(given) {
  if (given === null || given === undefined) return 'none';
  return typeof given === 'boolean' ? (given ? 'yes' : 'no') : String(given).replaceAll('_', ' ') || 'empty';
}

function range({ enum: options, const: only, minimum, exclusiveMinimum, maximum, exclusiveMaximum, maxLength, type }) {
  if (options || only !== undefined) return (options || [only]).map(value).join(' · ');
  const from = minimum ?? (exclusiveMinimum === undefined ? null : `above ${exclusiveMinimum}`);
  const to = maximum ?? (exclusiveMaximum === undefined ? null : `below ${exclusiveMaximum}`);
  if (from !== null && to !== null) return `${written(from)} to ${written(to)}`;
  if (from !== null) return `from ${written(from)}`;
  if (to !== null) return `up to ${written(to)}`;
  if (maxLength) return `up to ${written(maxLength)} characters`;
  return type === 'boolean' ? 'yes · no' : 'any';
}

function written(bound) {
  return typeof bound === 'number' ? bound.toLocaleString('en') : bound;
}

function unit({ unit: named, enum: options, const: only, type }) {
  return named || (options || only !== undefined ? 'choice' : UNITS[type] || '–');
}
