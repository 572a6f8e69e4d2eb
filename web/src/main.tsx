// SIT Futures in a browser.

import { effect, signal } from '@preact/signals';
import { render } from 'preact';
import { start } from './chain';
import { Engine } from './engine';
import engineUrl from './engine.wasm?url';
import { followHistory } from './history';
import { followIndex, indexedDeployment } from './indexed';
import { followListed } from './listed';
import { followPast } from './past';
import { followTransactions } from './send';
import { followClosings, followShares, followWhatIf, Toasts } from './ui/account';
import { followHedge, Hedge } from './ui/hedge';
import { Market } from './ui/market';
import { Dialogs, Notices, Top, type Page } from './ui/top';
import { followKeys, followTicket } from './ui/ticket';
import { Trade } from './ui/trade';
import { discover, reconnect } from './wallet';
import './settings';

const page = signal<Page>(pageOf());

function pageOf(): Page {
  const named = location.hash.slice(1);
  return named === 'market' || named === 'hedge' ? named : 'trade';
}

addEventListener('hashchange', () => {
  page.value = pageOf();
});

function App() {
  return (
    <>
      <Top page={page.value} />
      <Notices />
      {page.value === 'trade' ? <Trade /> : page.value === 'market' ? <Market /> : <Hedge />}
      <footer class="foot">
        <span>Prices, margin and previews come from the exchange’s own engine, run in this browser on cells read from the chain.</span>
        <span>Times are the chain’s, in UTC.</span>
        <span>Charts: TradingView Lightweight Charts™, Copyright © 2025 TradingView, Inc., <a href="https://www.tradingview.com/" rel="noreferrer">tradingview.com</a>.</span>
      </footer>
      <Toasts />
      <Dialogs />
    </>
  );
}

effect(() => {
  document.title = `SIT Futures – ${{ trade: 'Trade', market: 'Market', hedge: 'Hedge' }[page.value]}`;
});

discover();
followListed();
followHistory();
followTransactions();
followTicket();
followWhatIf();
followClosings();
followShares();
followKeys();
followHedge();
followIndex();
followPast();
render(<App />, document.getElementById('app') as HTMLElement);
void start(() => Engine.load(fetch(engineUrl)), indexedDeployment).then(reconnect);
