//! What a bot in Rust does with alloy, on an exchange of its own: a blob deployed, an account opened, money paid in, an
//! order placed, heard of and cancelled, and refusals by their names.

use std::{env, error::Error, fs, path::PathBuf, time::Duration};

use alloy_contract::{ContractInstance, Interface};
use alloy_core::{
    dyn_abi::{DynSolValue, EventExt, JsonAbiExt},
    json_abi::JsonAbi,
    primitives::{Address, Bytes, U256, address, keccak256},
    sol,
};
use alloy_network::{EthereumWallet, TransactionBuilder};
use alloy_provider::{DynProvider, Provider, ProviderBuilder};
use alloy_rpc_types_eth::{Filter, TransactionReceipt, TransactionRequest};
use alloy_signer_local::PrivateKeySigner;
use sit_programs::Running;

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The token in which everything is paid, by the Hub's precompile.
const USDC: Address = address!("0000053900000000000000000000000001200000");
/// Of the keys that every development chain has, two that its own market does not use.
const OURS: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
const OTHER: &str = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";

sol! {
    #[sol(rpc)]
    interface Token {
        event Transfer(address indexed from, address indexed to, uint256 value);
        function approve(address spender, uint256 value) external returns (bool);
        function balanceOf(address holder) external view returns (uint256);
        function transfer(address to, uint256 value) external returns (bool);
    }
}

fn artifact(name: &str, ending: &str) -> Vec<u8> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = set("SIT_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|cache| cache.join("sit")))
        .unwrap_or_else(|| set("HOME").unwrap_or_default().join(".cache").join("sit"));
    let path = cache.join(format!("contracts/{name}/{name}.{ending}"));
    fs::read(&path).unwrap_or_else(|fault| panic!("{}: {fault} (scripts/test contracts builds it)", path.display()))
}

fn abi(name: &str) -> JsonAbi {
    serde_json::from_slice(&artifact(name, "abi")).expect("the ABI is one that alloy reads")
}

fn signed(url: &str, key: &str) -> (Address, DynProvider) {
    let signer: PrivateKeySigner = key.parse().expect("it is a key");
    let ours = signer.address();
    let provider =
        ProviderBuilder::new().wallet(EthereumWallet::from(signer)).connect_http(url.parse().expect("a URL"));
    provider.client().set_poll_interval(Duration::from_millis(50));
    (ours, provider.erased())
}

fn number(value: u64, bits: usize) -> DynSolValue {
    DynSolValue::Uint(U256::from(value), bits)
}

/// The name of the custom error with which a call was refused.
fn refusal(abi: &JsonAbi, fault: &alloy_contract::Error) -> String {
    let data = fault.as_revert_data().unwrap_or_else(|| panic!("it has no reason: {fault}"));
    let found = abi.errors().find(|error| error.selector().as_slice() == &data[..4]);
    found.unwrap_or_else(|| panic!("no error has the selector of {data}")).name.clone()
}

/// Reads first what a message would answer, as a bot does, and sends it then.
async fn send(
    contract: &ContractInstance<DynProvider>,
    message: &str,
    arguments: &[DynSolValue],
) -> Outcome<(Vec<DynSolValue>, TransactionReceipt)> {
    let call = contract.function(message, arguments)?;
    let answer = call.call().await?;
    let receipt = call.send().await?.get_receipt().await?;
    assert!(receipt.status(), "{message} failed");
    Ok((answer, receipt))
}

/// An order for `lots` lots, which rests where nothing crosses it.
fn order(seat: &DynSolValue, buy: bool, ticks: u32, lots: u32) -> DynSolValue {
    DynSolValue::Tuple(vec![
        seat.clone(),
        number(0, 16),
        DynSolValue::Bool(buy),
        number(ticks.into(), 32),
        number(lots.into(), 32),
        number(0, 8),
        number(1, 8),
        DynSolValue::Bool(false),
        number(0, 32),
        number(0, 32),
    ])
}

#[test]
fn a_bot_deploys_deposits_places_hears_and_cancels() -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(trade())
}

/// Where the bot trades: on the node that `SIT_NODE` names, with the record of its exchange in `SIT_NODE_RECORD`
/// (`scripts/node --clients`), or on a chain of its own, which knows where its exchange is.
fn venue() -> Outcome<(Option<Running>, String, Option<serde_json::Value>)> {
    if let Ok(url) = env::var("SIT_NODE") {
        let record: serde_json::Value = serde_json::from_slice(&fs::read(env::var("SIT_NODE_RECORD")?)?)?;
        return Ok((None, url, Some(record["contracts"].clone())));
    }
    let chain = Running::chain(&["--automine"]);
    let url = chain.url.clone();
    Ok((Some(chain), url, None))
}

async fn trade() -> Outcome<()> {
    let (_chain, url, recorded) = venue()?;
    let (ours, provider) = signed(&url, OURS);
    let (other, theirs) = signed(&url, OTHER);
    assert_eq!(provider.get_chain_id().await?, 420_420_420);

    // Money, with fees and a nonce that alloy chooses for itself.
    let before = provider.get_balance(other).await?;
    let paid = TransactionRequest::default().with_to(other).with_value(U256::from(10).pow(U256::from(18)));
    let receipt = provider.send_transaction(paid).await?.get_receipt().await?;
    assert!(receipt.status());
    assert_eq!(provider.get_balance(other).await?, before + U256::from(10).pow(U256::from(18)));
    let block = provider.get_block_by_hash(receipt.block_hash.ok_or("it is in a block")?).await?.ok_or("a block")?;
    assert!(block.transactions.hashes().any(|hash| hash == receipt.transaction_hash));

    // Tokens, typed when the bot is compiled.
    let token = Token::new(USDC, provider.clone());
    let held = token.balanceOf(other).call().await?;
    let receipt = token.transfer(other, U256::from(5_000_000)).send().await?.get_receipt().await?;
    let told = receipt.decoded_log::<Token::Transfer>().ok_or("a transfer is told")?;
    assert_eq!((told.from, told.to, told.value), (ours, other, U256::from(5_000_000)));
    assert_eq!(token.balanceOf(other).call().await?, held + U256::from(5_000_000));

    // What runs is what was built, and the same blob runs for anybody.
    let at: serde_json::Value = match recorded {
        Some(recorded) => recorded,
        None => provider.client().request_noparams("sit_deployments").await?,
    };
    let at = |name: &str| -> Address {
        let found = at[name].as_str().or_else(|| at[name]["address"].as_str());
        found.expect("it is deployed").parse().expect("an address")
    };
    assert_eq!(keccak256(provider.get_code_at(at("clearing")).await?), keccak256(artifact("clearing", "polkavm")));
    let vault = abi("vault");
    let constructor = vault.constructor.as_ref().ok_or("the vault has a constructor")?;
    let words = constructor.abi_encode_input(&[DynSolValue::Address(USDC), DynSolValue::Address(ours)])?;
    let code = [artifact("vault", "polkavm"), words].concat();
    let deploy = TransactionRequest::default().with_deploy_code(Bytes::from(code));
    let receipt = provider.send_transaction(deploy).await?.get_receipt().await?;
    assert!(receipt.status() && receipt.contract_address.is_some());

    // An account, and money in it.
    let mut functions = abi("clearing");
    functions.functions.extend(abi("clearing-office").functions);
    let clearing = ContractInstance::new(at("clearing"), provider.clone(), Interface::new(functions.clone()));
    let (answer, _) = send(&clearing, "open_account", &[number(0, 8)]).await?;
    let seat = answer[0].clone();
    token.approve(at("vault"), U256::from(100_000_000_000_u64)).send().await?.get_receipt().await?;
    let paid_in = ContractInstance::new(at("vault"), provider.clone(), Interface::new(vault.clone()));
    let (answer, _) = send(&paid_in, "deposit", &[seat.clone(), number(100_000_000_000, 64)]).await?;
    assert_eq!(answer[0].as_uint().map(|(atoms, _)| atoms), Some(U256::from(100_000_000_000_u64)));

    // An order below everybody's bids rests, and the chain tells it.
    let placed = functions.event("Placed").and_then(|events| events.first()).ok_or("Placed is an event")?.clone();
    let mut lowest = None;
    for _ in 0..200 {
        let filter = Filter::new().address(at("clearing")).event_signature(placed.selector()).from_block(0);
        for log in provider.get_logs(&filter).await? {
            let told = placed.decode_log(log.inner.as_ref())?;
            let bid = told.body[1].as_bool() == Some(true);
            if bid && told.indexed[1].as_uint().is_some_and(|(month, _)| month.is_zero()) {
                let price = u32::try_from(told.body[2].as_uint().ok_or("a price")?.0)?;
                lowest = Some(lowest.map_or(price, |lowest: u32| lowest.min(price)));
            }
        }
        if lowest.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let price = lowest.ok_or("somebody bids on the first month")? - 5;
    let (answer, receipt) = send(&clearing, "place", &[order(&seat, true, price, 3)]).await?;
    let resting = answer[0].as_tuple().map_or(answer.as_slice(), |fields| fields);
    assert_eq!((resting[1].as_uint(), resting[2].as_uint()), (Some((U256::ZERO, 32)), Some((U256::from(3), 32))));
    let told = receipt.logs().iter().find(|log| log.topic0() == Some(&placed.selector())).ok_or("it is told")?;
    let told = placed.decode_log(told.inner.as_ref())?;
    assert_eq!(told.indexed[0], seat);
    assert_eq!(told.body[2].as_uint(), Some((U256::from(price), 32)));

    // What nobody may do has a name, before it is sent and after.
    let cancel = [seat.clone(), number(0, 16), number(price.into(), 32), resting[0].clone()];
    let stranger = ContractInstance::new(at("clearing"), theirs, Interface::new(functions.clone()));
    let refused = stranger.function("cancel", &cancel)?.call().await.expect_err("it is somebody else's");
    assert_eq!(refusal(&functions, &refused), "NotAuthorised");
    let failed = stranger.function("cancel", &cancel)?.gas(20_000).send().await?.get_receipt().await?;
    assert!(!failed.status());
    let huge = clearing.function("place", &[order(&seat, true, price, 1_000_000)])?.call().await;
    let name = refusal(&functions, &huge.expect_err("nobody may place so much"));
    assert!(functions.errors.contains_key(&name) && name != "NotAuthorised", "{name}");
    send(&clearing, "cancel", &cancel).await?;
    Ok(())
}
