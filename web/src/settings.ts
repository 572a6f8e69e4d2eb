// What a person has chosen for this page; kept in this browser.

import { effect, signal } from '@preact/signals';

export type Theme = 'dark' | 'light';
export type Palette = 'default' | 'blue-orange' | 'inverted';

interface Settings { theme: Theme; palette: Palette; keys: boolean }

const KEY = 'sit.settings';

function held(): Settings {
  const preferred: Theme = matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark';
  try {
    return { theme: preferred, palette: 'default', keys: false, ...(JSON.parse(localStorage.getItem(KEY) ?? '{}') as Partial<Settings>) };
  } catch {
    return { theme: preferred, palette: 'default', keys: false };
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
