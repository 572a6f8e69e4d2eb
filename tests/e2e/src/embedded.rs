//! The embedded chain as a `runtime_only` backend of the framework.
//!
//! The chain is the program `sit-devnet`, which the main workspace has built: bare, at a fixed time, a block for each
//! transaction. Linked into the test it would bring a second FRAME beside the framework's own, and eleven minutes of
//! compiling. Its people sign nothing, since the framework's keys are none of Ethereum's: the chain takes their
//! transactions by `anvil_impersonateAccount`.

use std::{fmt, marker::PhantomData, path::PathBuf, process::Command};

use async_trait::async_trait;
use ink::env::{
    DefaultEnvironment, Environment, ReturnFlags,
    call::utils::{DecodeMessageResult, EncodeArgsWith},
};
use ink_e2e::{
    BareInstantiationResult, BuilderClient, CallBuilderFinal, CallDryRunResult, CallTrace, ChainBackend,
    ContractResult, ContractsBackend, CreateBuilderPartial, E2EBackend, InstantiateDryRunResult, IntoAddress, Keypair,
    UploadResult, Weight, constructor_exec_input,
};
use ink_primitives::{AccountId, H160, H256};
use ink_revive_types::{ExecReturnValue, InstantiateReturnValue, StorageDeposit};
use serde_json::{Value, json};
use sit_client::rpc::{Rpc, RpcError, WEI_PER_PLANCK, to_hex};
use sit_programs::{OPEN, Running};

use crate::{Clock, clock::endpoint};

type E = DefaultEnvironment;
type Balance = <E as Environment>::Balance;

/// The name that the attribute asks for: `sandbox = sit_e2e::Hub`.
pub struct Hub;

/// When the chain begins: Monday 2026-12-07, 00:00 UTC, nine days before the month of December ends.
const GENESIS: &str = "1796601600";

/// USDC of the first of the framework's people, in atoms: a hundred million dollars, as on the node.
const RICH: u64 = 100_000_000_000_000;

/// Why the chain did not do something.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The chain, or the way to it.
    #[error(transparent)]
    Rpc(#[from] RpcError),
    /// A transaction reverted.
    #[error("the transaction {0} has reverted")]
    Reverted(String),
    /// It does contracts, and nothing else.
    #[error("{0}: this chain does contracts only")]
    ContractsOnly(String),
}

/// The client that the attribute asks for: `client = sit_e2e::HubClient`.
pub struct HubClient<Env, Runtime> {
    rpc: Rpc,
    _program: Running,
    marker: PhantomData<fn() -> (Env, Runtime)>,
}

impl<Runtime> HubClient<E, Runtime> {
    /// Starts a chain. The contracts that the framework has built are none: it is given the audited blobs.
    ///
    /// # Panics
    /// When the program does not start; `SIT_DEVNET` names it.
    pub fn new<P: Into<PathBuf>>(_contracts: impl IntoIterator<Item = P>) -> Self {
        let program = std::env::var_os("SIT_DEVNET").expect("SIT_DEVNET names the program: scripts/e2e sets it");
        let mut command = Command::new(program);
        command.args(["--port", "0", "--quiet", "--bare", "--deterministic", "--start", GENESIS]);
        let program = Running::start(command, OPEN);
        let mut rpc = endpoint(&program.url).expect("it is an address");
        let alice = to_hex(&IntoAddress::address(&ink_e2e::alice()).0);
        let wei = u128::from(WEI_PER_PLANCK) * 1_000_000 * 10_000_000_000;
        for (method, params) in [
            ("anvil_autoImpersonateAccount", json!([true])),
            ("anvil_setBalance", json!([alice, format!("{wei:#x}")])),
            ("sit_mintUsdc", json!([alice, RICH])),
        ] {
            rpc.request(method, params).unwrap_or_else(|error| panic!("{method}: {error}"));
        }
        Self { rpc, _program: program, marker: PhantomData }
    }

    /// The chain's clock.
    #[must_use]
    pub fn clock(&self) -> impl Clock + 'static {
        HubClock(self.rpc.clone())
    }

    fn call(&mut self, who: &Keypair, to: Option<H160>, data: &[u8]) -> Value {
        let mut call = json!({ "from": to_hex(&IntoAddress::address(who).0), "data": to_hex(data) });
        if let Some(to) = to {
            call["to"] = to_hex(&to.0).into();
        }
        call
    }

    /// Runs a call and forgets what it did. What it weighs is not told over Ethereum's JSON-RPC.
    fn dry(&mut self, who: &Keypair, to: Option<H160>, data: &[u8]) -> Result<ExecReturnValue, Refused> {
        let call = self.call(who, to, data);
        match self.rpc.request("eth_call", json!([call, "latest"])) {
            Ok(answer) => {
                let data = sit_client::rpc::hex_bytes(Some(&answer)).unwrap_or_default();
                Ok(ExecReturnValue { flags: ReturnFlags::empty(), data })
            }
            Err(error) => match error.revert() {
                Some(data) => Ok(ExecReturnValue { flags: ReturnFlags::REVERT, data: data.to_vec() }),
                None => Err(error.into()),
            },
        }
    }

    /// Sends a transaction; returns what the receipt says, and an error when it has reverted.
    fn send(&mut self, who: &Keypair, to: Option<H160>, data: &[u8]) -> Result<Value, Refused> {
        let call = self.call(who, to, data);
        let hash = self.rpc.request("eth_sendTransaction", json!([call]))?;
        let receipt = self.rpc.request("eth_getTransactionReceipt", json!([hash]))?;
        if receipt["status"] == "0x1" { Ok(receipt) } else { Err(Refused::Reverted(hash.to_string())) }
    }
}

fn result<R>(value: R) -> ContractResult<R, Balance> {
    ContractResult {
        weight_consumed: Weight::zero(),
        weight_required: Weight::zero(),
        storage_deposit: StorageDeposit::Charge(0),
        max_storage_deposit: StorageDeposit::Charge(0),
        gas_consumed: 0,
        result: Ok(value),
    }
}

/// The account of an address that has no other.
fn account_of(address: H160) -> AccountId {
    let mut id = [0xEE; 32];
    id[..20].copy_from_slice(&address.0);
    AccountId::from(id)
}

/// The clock of the embedded chain.
struct HubClock(Rpc);

impl Clock for HubClock {
    fn now(&mut self) -> Result<u64, RpcError> {
        self.0.head().map(|head| head.time)
    }

    fn later(&mut self, time: u64) -> Result<(), RpcError> {
        if self.now()? < time {
            self.0.request("evm_setNextBlockTimestamp", json!([time]))?;
            self.0.request("evm_mine", json!([]))?;
        }
        Ok(())
    }
}

impl<R> ContractsBackend<E> for HubClient<E, R> {
    type Error = Refused;
    type EventLog = Value;
}

#[async_trait]
impl<R: Send> ChainBackend for HubClient<E, R> {
    type AccountId = AccountId;
    type Balance = Balance;
    type Error = Refused;
    type EventLog = Value;

    async fn create_and_fund_account(&mut self, origin: &Keypair, amount: Balance) -> Keypair {
        let seed = ink_e2e::salt().unwrap_or_default();
        let pair = Keypair::from_secret_key(seed).expect("32 bytes are a key");
        let account = AccountId::from(pair.public_key().0);
        self.transfer_allow_death(origin, account, amount).await.expect("an account can be given DOT");
        pair
    }

    async fn free_balance(&mut self, account: AccountId) -> Result<Balance, Refused> {
        let address = ink_e2e::address_from_account_id(account);
        Ok(self.rpc.balance(address.0)? / u128::from(WEI_PER_PLANCK))
    }

    async fn runtime_call<'a>(
        &mut self,
        _: &Keypair,
        pallet: &'a str,
        call: &'a str,
        _: Vec<ink_e2e::subxt::dynamic::Value>,
    ) -> Result<Value, Refused> {
        Err(Refused::ContractsOnly(format!("{pallet}.{call}")))
    }

    async fn transfer_allow_death(&mut self, _: &Keypair, dest: AccountId, value: Balance) -> Result<(), Refused> {
        let address = to_hex(&ink_e2e::address_from_account_id(dest).0);
        let wei = value.saturating_mul(u128::from(WEI_PER_PLANCK));
        self.rpc.request("anvil_addBalance", json!([address, format!("{wei:#x}")]))?;
        Ok(())
    }
}

#[async_trait]
impl<R: Send> BuilderClient<E> for HubClient<E, R> {
    async fn bare_call<
        Args: Sync + EncodeArgsWith<Abi> + Clone,
        Ret: Send + DecodeMessageResult<Abi>,
        Abi: Sync + Clone,
    >(
        &mut self,
        caller: &Keypair,
        message: &CallBuilderFinal<E, Args, Ret, Abi>,
        value: Balance,
        gas: Weight,
        deposit: Balance,
    ) -> Result<(Value, Option<CallTrace>), Refused>
    where
        CallBuilderFinal<E, Args, Ret, Abi>: Clone,
    {
        let (to, data) = (*message.clone().params().callee(), message.clone().params().exec_input().encode());
        self.raw_call(to, data, value, gas, deposit, caller).await
    }

    async fn bare_call_dry_run<
        Args: Sync + EncodeArgsWith<Abi> + Clone,
        Ret: Send + DecodeMessageResult<Abi>,
        Abi: Sync + Clone,
    >(
        &mut self,
        caller: &Keypair,
        message: &CallBuilderFinal<E, Args, Ret, Abi>,
        value: Balance,
        deposit: Option<Balance>,
    ) -> Result<CallDryRunResult<E, Ret, Abi>, Refused>
    where
        CallBuilderFinal<E, Args, Ret, Abi>: Clone,
    {
        let (to, data) = (*message.clone().params().callee(), message.clone().params().exec_input().encode());
        self.raw_call_dry_run(to, data, value, deposit, caller).await
    }

    async fn raw_call_dry_run<Ret: Send + DecodeMessageResult<Abi>, Abi: Sync + Clone>(
        &mut self,
        dest: H160,
        data: Vec<u8>,
        _value: Balance,
        _deposit: Option<Balance>,
        signer: &Keypair,
    ) -> Result<CallDryRunResult<E, Ret, Abi>, Refused> {
        let returned = self.dry(signer, Some(dest), &data)?;
        Ok(CallDryRunResult { exec_result: result(returned), trace: None, _marker: PhantomData })
    }

    async fn raw_call(
        &mut self,
        dest: H160,
        data: Vec<u8>,
        _value: Balance,
        _gas: Weight,
        _deposit: Balance,
        signer: &Keypair,
    ) -> Result<(Value, Option<CallTrace>), Refused> {
        let receipt = self.send(signer, Some(dest), &data)?;
        Ok((receipt["logs"].clone(), None))
    }

    async fn bare_upload(
        &mut self,
        name: &str,
        _: &Keypair,
        _: Option<Balance>,
    ) -> Result<UploadResult<E, Value>, Refused> {
        Err(Refused::ContractsOnly(format!("uploading {name} without deploying it")))
    }

    async fn bare_remove_code(&mut self, _: &Keypair, _: H256) -> Result<Value, Refused> {
        Err(Refused::ContractsOnly("removing code".to_owned()))
    }

    async fn bare_instantiate<
        Contract: Clone,
        Args: Send + Sync + EncodeArgsWith<Abi> + Clone,
        Ret,
        Abi: Send + Sync + Clone,
    >(
        &mut self,
        code: Vec<u8>,
        caller: &Keypair,
        constructor: &mut CreateBuilderPartial<E, Contract, Args, Ret, Abi>,
        value: Balance,
        gas: Weight,
        deposit: Balance,
    ) -> Result<BareInstantiationResult<E, Value>, Refused> {
        let data = constructor_exec_input(constructor.clone());
        self.raw_instantiate(code, caller, data, value, gas, deposit).await
    }

    async fn raw_instantiate(
        &mut self,
        code: Vec<u8>,
        caller: &Keypair,
        constructor: Vec<u8>,
        _value: Balance,
        _gas: Weight,
        _deposit: Balance,
    ) -> Result<BareInstantiationResult<E, Value>, Refused> {
        let receipt = self.send(caller, None, &[code.as_slice(), &constructor].concat())?;
        let address = sit_client::rpc::hex_bytes(receipt.get("contractAddress"));
        let address = address.and_then(|bytes| <[u8; 20]>::try_from(bytes).ok());
        let addr = H160(address.ok_or_else(|| Refused::Reverted("of a deployment without an address".to_owned()))?);
        Ok(BareInstantiationResult {
            addr,
            account_id: account_of(addr),
            events: receipt["logs"].clone(),
            trace: None,
            code_hash: H256(ink_e2e::code_hash(&code)),
        })
    }

    async fn raw_instantiate_dry_run<Abi: Sync + Clone>(
        &mut self,
        code: Vec<u8>,
        caller: &Keypair,
        constructor: Vec<u8>,
        _value: Balance,
        _deposit: Option<Balance>,
    ) -> Result<InstantiateDryRunResult<E, Abi>, Refused> {
        let returned = self.dry(caller, None, &[code.as_slice(), &constructor].concat())?;
        Ok(result(InstantiateReturnValue { result: returned, addr: H160::zero() }).into())
    }

    async fn exec_instantiate(
        &mut self,
        signer: &Keypair,
        name: &str,
        data: Vec<u8>,
        value: Balance,
        gas: Weight,
        deposit: Balance,
    ) -> Result<BareInstantiationResult<E, Value>, Refused> {
        let code = self.load_code(name);
        self.raw_instantiate(code, signer, data, value, gas, deposit).await
    }

    async fn bare_instantiate_dry_run<
        Contract: Clone,
        Args: Send + Sync + EncodeArgsWith<Abi> + Clone,
        Ret,
        Abi: Send + Sync + Clone,
    >(
        &mut self,
        name: &str,
        caller: &Keypair,
        constructor: &mut CreateBuilderPartial<E, Contract, Args, Ret, Abi>,
        value: Balance,
        deposit: Option<Balance>,
    ) -> Result<InstantiateDryRunResult<E, Abi>, Refused> {
        let (code, data) = (self.load_code(name), constructor_exec_input(constructor.clone()));
        self.raw_instantiate_dry_run(code, caller, data, value, deposit).await
    }

    /// Every account is mapped on this chain.
    async fn map_account(&mut self, _: &Keypair) -> Result<Option<Value>, Refused> {
        Ok(None)
    }

    async fn to_account_id(&mut self, addr: &H160) -> Result<AccountId, Refused> {
        Ok(account_of(*addr))
    }

    /// The audited blob, not one that the framework would build.
    fn load_code(&self, name: &str) -> Vec<u8> {
        let artifact = sit_client::Artifact::load(name.trim_start_matches("sit-"));
        artifact.unwrap_or_else(|error| panic!("{error}")).code
    }
}

impl<R: Send> E2EBackend<E> for HubClient<E, R> {}

impl<Env, Runtime> fmt::Debug for HubClient<Env, Runtime> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HubClient({})", self.rpc.url())
    }
}
