// MetaMask's controllers, put together as its extension puts them together, with one account and no services.
//
// What is not here is what asks no node: key storage, phishing lists, prices, simulations by a server, the Snaps. Their
// actions are answered by constants. Nothing but loopback is reached: `fetch` refuses everything else.
import { ApprovalController } from '@metamask/approval-controller';
import { AccountTrackerController, AssetsContractController, TokenBalancesController, TokensController } from '@metamask/assets-controllers';
import { GasFeeController } from '@metamask/gas-fee-controller';
import { Messenger } from '@metamask/messenger';
import { NetworkController, RpcEndpointType } from '@metamask/network-controller';
import { TransactionController } from '@metamask/transaction-controller';

const quiet = () => {};
const ELSEWHERE = '0x1';

/** What each controller may ask of the others and hear from them: the lists of the extension's messengers. */
const MESSENGERS = {
  NetworkController: { actions: ['ErrorReportingService:captureException'] },
  GasFeeController: {
    actions: ['NetworkController:getEIP1559Compatibility', 'NetworkController:getNetworkClientById', 'NetworkController:getState'],
    events: ['NetworkController:networkDidChange'],
  },
  ApprovalController: {},
  TransactionController: {
    actions: [
      'AccountsController:getSelectedAccount', 'AccountsController:getState', 'ApprovalController:addRequest',
      'KeyringController:signEip7702Authorization', 'NetworkController:findNetworkClientIdByChainId',
      'NetworkController:getNetworkClientById', 'RemoteFeatureFlagController:getState',
    ],
    events: ['NetworkController:stateChange', 'AccountActivityService:transactionUpdated', 'AccountActivityService:statusChanged'],
  },
  AssetsContractController: {
    actions: [
      'NetworkController:getNetworkClientById', 'NetworkController:getNetworkConfigurationByNetworkClientId',
      'NetworkController:getSelectedNetworkClient', 'NetworkController:getState',
    ],
    events: ['PreferencesController:stateChange', 'NetworkController:networkDidChange'],
  },
  TokensController: {
    actions: [
      'ApprovalController:addRequest', 'NetworkController:getNetworkClientById', 'AccountsController:getAccount',
      'AccountsController:getSelectedAccount', 'AccountsController:listAccounts', 'AssetsContractController:getERC20TokenName',
    ],
    events: [
      'NetworkController:networkDidChange', 'NetworkController:stateChange', 'TokenListController:stateChange',
      'AccountsController:selectedEvmAccountChange', 'KeyringController:accountRemoved',
    ],
  },
  AccountTrackerController: {
    actions: [
      'AccountsController:getSelectedAccount', 'AccountsController:listAccounts', 'NetworkController:getState',
      'NetworkController:getNetworkClientById', 'PreferencesController:getState', 'KeyringController:getState',
    ],
    events: [
      'AccountsController:selectedEvmAccountChange', 'TransactionController:transactionConfirmed',
      'TransactionController:unapprovedTransactionAdded', 'NetworkController:networkAdded', 'KeyringController:unlock',
      'KeyringController:lock',
    ],
  },
  TokenBalancesController: {
    actions: [
      'NetworkController:getState', 'NetworkController:getNetworkClientById', 'TokensController:getState',
      'TokenDetectionController:addDetectedTokensViaWs', 'PreferencesController:getState', 'AccountsController:getSelectedAccount',
      'AccountsController:listAccounts', 'AccountTrackerController:getState', 'AccountTrackerController:updateNativeBalances',
      'AccountTrackerController:updateStakedBalances', 'KeyringController:getState',
    ],
    events: [
      'PreferencesController:stateChange', 'TokensController:stateChange', 'NetworkController:stateChange',
      'KeyringController:accountRemoved', 'KeyringController:unlock', 'KeyringController:lock',
      'AccountActivityService:balanceUpdated', 'AccountActivityService:statusChanged',
      'TransactionController:transactionConfirmed',
    ],
  },
};

/** The wallet of `account` (`{ address, sign }`), which asks nodes by `fetch`, whose network elsewhere is at `elsewhere`. */
export function wallet({ account, fetch, elsewhere, polling }) {
  const root = new Messenger({ namespace: 'Root' });
  const messenger = (namespace) => {
    const child = new Messenger({ namespace, parent: root });
    root.delegate({ messenger: child, actions: MESSENGERS[namespace].actions ?? [], events: MESSENGERS[namespace].events ?? [] });
    return child;
  };
  const answers = (namespace, actions) => {
    const child = new Messenger({ namespace, parent: root });
    for (const [name, answer] of Object.entries(actions)) child.registerActionHandler(`${namespace}:${name}`, answer);
    return child;
  };

  const internal = {
    id: 'account', address: account.address, type: 'eip155:eoa', scopes: ['eip155:0'], options: {}, methods: ['eth_signTransaction'],
    metadata: { name: 'Account 1', importTime: 0, keyring: { type: 'HD Key Tree' } },
  };
  const accounts = { internalAccounts: { accounts: { account: internal }, selectedAccount: internal.id } };
  answers('AccountsController', {
    getSelectedAccount: () => internal, getAccount: () => internal, listAccounts: () => [internal], getState: () => accounts,
  });
  answers('KeyringController', { getState: () => ({ isUnlocked: true, keyrings: [] }), signEip7702Authorization: () => Promise.reject(new Error('no')) });
  answers('PreferencesController', { getState: () => ({ isMultiAccountBalancesEnabled: true, useExternalServices: false, ipfsGateway: '' }) });
  // A transaction is looked for three times, and then with each block: ten times, each three seconds, in the extension.
  const flags = { confirmations_transactions: { acceleratedPolling: { defaultCountMax: 3, defaultIntervalMs: 2 * polling } } };
  answers('RemoteFeatureFlagController', { getState: () => ({ remoteFeatureFlags: flags, cacheTimestamp: 0 }) });
  answers('ErrorReportingService', { captureException: (error) => console.error(`reported: ${error.message}`) });
  answers('TokenDetectionController', { addDetectedTokensViaWs: async () => {} });

  const network = new NetworkController({
    messenger: messenger('NetworkController'),
    infuraProjectId: '0'.repeat(32),
    state: {
      selectedNetworkClientId: 'elsewhere', networksMetadata: {},
      networkConfigurationsByChainId: {
        [ELSEWHERE]: {
          chainId: ELSEWHERE, name: 'Elsewhere', nativeCurrency: 'ETH', blockExplorerUrls: [], defaultRpcEndpointIndex: 0,
          rpcEndpoints: [{ networkClientId: 'elsewhere', url: elsewhere, type: RpcEndpointType.Custom, failoverUrls: [] }],
        },
      },
    },
    // The extension's times, which are all 20 seconds here: the requests are the same.
    getBlockTrackerOptions: () => ({ pollingInterval: polling, retryTimeout: polling, blockResetDuration: polling }),
    // What is not answered is not asked four times more, nor is a chain that is away left alone for half a minute.
    getRpcServiceOptions: () => ({ fetch, btoa: globalThis.btoa, policyOptions: { maxRetries: 0, maxConsecutiveFailures: 1_000 } }),
  });
  network.initializeProvider({ lookupNetwork: false });
  const asked = (action, ...args) => root.call(`NetworkController:${action}`, ...args);
  const chainId = () => asked('getNetworkClientById', asked('getState').selectedNetworkClientId).configuration.chainId;

  const fees = new GasFeeController({
    messenger: messenger('GasFeeController'),
    interval: polling,
    clientId: 'extension',
    legacyAPIEndpoint: 'https://gas.invalid/networks/<chain_id>/gasPrices',
    EIP1559APIEndpoint: 'https://gas.invalid/networks/<chain_id>/suggestedGasFees',
    getProvider: () => asked('getSelectedNetworkClient')?.provider,
    onNetworkDidChange: (heard) => root.subscribe('NetworkController:networkDidChange', () => heard(asked('getState'))),
    getCurrentNetworkEIP1559Compatibility: () => asked('getEIP1559Compatibility'),
    getCurrentAccountEIP1559Compatibility: () => true,
    getCurrentNetworkLegacyGasAPICompatibility: () => false,
    getChainId: chainId,
  });
  const approvals = new ApprovalController({ messenger: messenger('ApprovalController'), showApprovalRequest: quiet, typesExcludedFromRateLimiting: ['transaction'] });
  const transactions = new TransactionController({
    messenger: messenger('TransactionController'),
    disableHistory: true, disableSendFlowHistory: true, disableSwaps: true,
    getCurrentNetworkEIP1559Compatibility: () => asked('getEIP1559Compatibility'),
    getCurrentAccountEIP1559Compatibility: async () => true,
    getExternalPendingTransactions: () => [],
    getGasFeeEstimates: (options) => fees.fetchGasFeeEstimates(options),
    getNetworkClientRegistry: () => network.getNetworkClientRegistry(),
    getNetworkState: () => network.state,
    getPermittedAccounts: async () => [account.address],
    getSavedGasFees: () => undefined,
    incomingTransactions: { isEnabled: () => false, updateTransactions: true },
    isAutomaticGasFeeUpdateEnabled: () => true,
    isFirstTimeInteractionEnabled: () => false,
    // Simulations are of a server that knows public networks only.
    isSimulationEnabled: () => false,
    pendingTransactions: { isResubmitEnabled: () => false },
    sign: async (transaction) => account.sign(transaction),
    hooks: {},
    trace: async (_, run) => run?.(),
  });
  const contracts = new AssetsContractController({ messenger: messenger('AssetsContractController'), chainId: chainId() });
  const tokens = new TokensController({ messenger: messenger('TokensController'), chainId: chainId(), provider: undefined });
  const tracker = new AccountTrackerController({
    messenger: messenger('AccountTrackerController'),
    getStakedBalanceForChain: (...args) => contracts.getStakedBalanceForChain(...args),
    includeStakedAssets: true, allowExternalServices: () => false, accountsApiChainIds: () => [],
  });
  const balances = new TokenBalancesController({
    messenger: messenger('TokenBalancesController'),
    queryMultipleAccounts: true, interval: 30_000, allowExternalServices: () => false, accountsApiChainIds: () => [],
  });
  return { root, network, fees, approvals, transactions, contracts, tokens, tracker, balances };
}
