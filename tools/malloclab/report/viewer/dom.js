// Elements in one line each.

/** An element with properties, data- and aria- attributes, and children. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (/^(data|aria)-|^role$/.test(name)) element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children);
  return element;
}

export const SERIES = 8; // colours of style.css for allocators

export const find = (id) => document.getElementById(id);

const SYSTEM = matchMedia("(prefers-color-scheme: dark)");

/** Make the page light or dark; by default as the system is. */
export function wear(theme) {
  const root = document.documentElement;
  const dark = theme ? theme === "dark" : SYSTEM.matches;
  root.classList.toggle("dark", dark);
  root.style.colorScheme = dark ? "dark" : "light";
}

/** The page's own colours, as style.css has them for light and dark. */
export function theme() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: of("ink"), soft: of("soft"), rule: of("rule"), ground: of("ground"),
    heap: of("heap"), mark: of("mark"), pin: of("pin"), bad: of("bad"),
    series: Array.from({ length: SERIES }, (_, at) => of(`series${at}`)),
    dark: document.documentElement.classList.contains("dark"),
  };
}

/** An option for each [value, text]. */
export function fillSelect(select, options, chosen) {
  select.replaceChildren(...options.map(([value, text]) =>
    make("option", { value, textContent: text, selected: value === chosen })));
}
