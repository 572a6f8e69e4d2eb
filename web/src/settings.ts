// What a person has chosen for this page; kept in this browser.

import { effect, signal } from '@preact/signals';

export type Theme = 'dark' | 'light';
export type Palette = 'default' | 'blue-orange' | 'inverted';

/** How an entry price is reckoned: there is none on chain (docs/book/src/figures.md). */
export type Entry = 'average' | 'fifo';

interface Settings { theme: Theme; palette: Palette; keys: boolean; entry: Entry }

const KEY = 'sit.settings';

function held(): Settings {
  const preferred: Theme = matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark';
  const begun: Settings = { theme: preferred, palette: 'default', keys: false, entry: 'average' };
  try {
    return { ...begun, ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Settings>) };
  } catch {
    return begun;
  }
}

export const settings = signal<Settings>(held());

export function change(part: Partial<Settings>): void {
  settings.value = { ...settings.value, ...part };
  localStorage.setItem(KEY, JSON.stringify(settings.value));
}

effect(() => {
  const { theme, palette } = settings.value;
  document.documentElement.dataset['theme'] = theme;
  document.documentElement.dataset['palette'] = palette;
});

/** A colour of the theme in force, for what is drawn on a canvas. */
export function colour(name: string): string {
  void settings.value;
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
