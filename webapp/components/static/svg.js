// Builds SVG without markup strings.

const NAMESPACE = 'http://www.w3.org/2000/svg';

/** Make an SVG element: `svg('rect', { x: 0, class: 'st-box' }, child, 'text', ...)`. Null children are left out. */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null && value !== undefined) node.setAttribute(name, value);
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}
