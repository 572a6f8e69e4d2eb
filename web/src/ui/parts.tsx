// Pieces that several parts of the page are made of.

import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { monthName } from '../clock';
import { count } from '../amounts';
import { head, selected, snapshot, staleness } from '../chain';
import { listed } from '../listed';
import type { Month } from '../types';

/** The months that are listed. */
export const months = (): Month[] => snapshot.value?.curve.months ?? [];

/** A month by its instrument. */
export const monthOf = (instrument: number): Month | undefined => months().find((month) => month.instrument === instrument);

/** The month that is shown. */
export const shownMonth = (): Month | undefined => (selected.value === null ? undefined : monthOf(selected.value));

/** A month's name, also of one that has left the curve. */
export const nameOf = (instrument: number): string => {
  const month = listed(instrument);
  return month ? monthName(month.expiry) : `No ${instrument & 0xfff}`;
};

/** What is shown is older than two blocks, or nobody tells of new ones, or there are none: said in words. */
export function staleMark(): string | null {
  const { blocks, silent, still } = staleness();
  if (silent) return 'No answer from the node: not current';
  if (still) return 'No new block for a minute: not current';
  return blocks > 2 ? `${blocks} blocks old` : null;
}

interface PanelProps {
  title?: string; class?: string; id?: string; head?: ComponentChildren; live?: boolean; children: ComponentChildren; bare?: boolean;
  /** The block of what it shows, where that is not the block of the page. */
  of?: number | undefined;
}

/** Which block something is of that is not read with each one, and how old that is: older than two blocks is marked. */
function AsOf({ block }: { block: number }) {
  const old = Math.max(0, (head.value?.number ?? block) - block);
  return <span class={`as-of ${old > 2 ? 'warn' : 'muted'}`}>{old > 2 ? `block ${count(block)}, ${count(old)} blocks old` : `block ${count(block)}`}</span>;
}

/** A panel; a live one is greyed and says so when it is older than two blocks. */
export function Panel({ title, class: name = '', id, head: more, live, children, bare, of }: PanelProps) {
  const stale = live ? staleMark() : null;
  return (
    <section id={id} class={`panel ${name} ${stale ? 'stale' : ''}`} aria-label={title} {...(stale ? { 'data-stale': stale } : {})}>
      {(title || more) && (
        <header>
          {title && <h2>{title}</h2>}
          {more}
          {of !== undefined && <AsOf block={of} />}
        </header>
      )}
      {bare ? children : <div class="body">{children}</div>}
    </section>
  );
}

/** A dialog above the page, closed by Escape, by its button, and by a click beside it. */
export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ComponentChildren }) {
  const dialog = useRef<HTMLDialogElement>(null);
  // Before it is painted: a key that is pressed at once is for the dialog and not for what is behind it.
  useLayoutEffect(() => {
    const shown = dialog.current;
    if (shown && !shown.open) shown.showModal();
  }, []);
  return (
    <dialog ref={dialog} aria-label={title} onClose={onClose} onClick={(event) => event.target === dialog.current && dialog.current?.close()}>
      <header>
        <h2>{title}</h2>
        <button type="button" class="close" aria-label="Close" onClick={() => dialog.current?.close()}>×</button>
      </header>
      <div class="body">{children}</div>
    </dialog>
  );
}

interface TabsProps<T extends string> { label: string; tabs: readonly (readonly [T, string])[]; value: T; onChange: (value: T) => void }

export function Tabs<T extends string>({ label, tabs, value, onChange }: TabsProps<T>) {
  const move = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    const place = tabs.findIndex(([name]) => name === value);
    const next = tabs[(place + step + tabs.length) % tabs.length];
    if (next) onChange(next[0]);
    (event.currentTarget as HTMLElement).querySelectorAll('button')[(place + step + tabs.length) % tabs.length]?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label={label} onKeyDown={move}>
      {tabs.map(([name, text]) => (
        <button type="button" role="tab" key={name} id={`tab-${name}`} aria-selected={name === value} tabIndex={name === value ? 0 : -1} onClick={() => onChange(name)}>{text}</button>
      ))}
    </div>
  );
}

interface SegmentsProps<T> { label: string; options: readonly (readonly [T, string, string?])[]; value: T; onChange: (value: T) => void; class?: string }

export function Segments<T>({ label, options, value, onChange, class: name = '' }: SegmentsProps<T>) {
  return (
    <div class={`segments ${name}`} role="group" aria-label={label}>
      {options.map(([option, text, extra]) => (
        <button type="button" key={String(option)} class={extra ?? ''} aria-pressed={option === value} onClick={() => onChange(option)}>{text}</button>
      ))}
    </div>
  );
}

interface FieldProps { id: string; label: string; unit: string; value: string; onInput: (value: string) => void; hint?: ComponentChildren; placeholder?: string; inputMode?: 'decimal' | 'numeric' | 'text'; onStep?: (step: number) => void }

export function Field({ id, label, unit, value, onInput, hint, placeholder, inputMode = 'decimal', onStep }: FieldProps) {
  const onKeyDown = (event: KeyboardEvent): void => {
    const step = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : 0;
    if (step !== 0 && onStep) {
      event.preventDefault();
      onStep(step * (event.shiftKey ? 10 : 1));
    }
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="input">
        <input id={id} value={value} inputMode={inputMode} autocomplete="off" spellcheck={false} placeholder={placeholder ?? ''} onInput={(event) => onInput(event.currentTarget.value)} onKeyDown={onKeyDown} />
        <span class="unit">{unit}</span>
      </div>
      {hint && <span class="hint">{hint}</span>}
    </div>
  );
}

export function Fact({ term, children, title }: { term: string; children: ComponentChildren; title?: string }) {
  return (
    <div class="fact" title={title}>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** A side in words and colour: never by colour alone. */
export function SideWord({ side }: { side: 'buy' | 'sell' }) {
  return <span class={side}>{side === 'buy' ? '▲ Buy' : '▼ Sell'}</span>;
}

/** What a scenario of a margin set is called, by its place, as `sit` and the simulator call it. */
export const scenarioName = (place: number): string => (place === 0 ? 'level-up' : place === 1 ? 'level-down' : `joint-${String(place + 1).padStart(2, '0')}`);

export const short = (address: string): string => `${address.slice(0, 6)}…${address.slice(-4)}`;
