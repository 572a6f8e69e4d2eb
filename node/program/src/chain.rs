//! The chain: state in ParityDB, a pool, blocks that are built here and nowhere else, and JSON-RPC for what Ethereum's
//! does not have.

use std::sync::Arc;

use futures::{
    SinkExt, StreamExt,
    channel::{mpsc, oneshot},
    stream::{self, BoxStream},
};
use futures_timer::Delay;
use jsonrpsee::{
    RpcModule,
    core::{JsonValue, RegisterMethodError},
    types::{ErrorObjectOwned, Params, error::INVALID_PARAMS_CODE},
};
use sc_basic_authorship::ProposerFactory;
use sc_consensus::LongestChain;
use sc_consensus_manual_seal::{
    EngineCommand, ManualSealParams, import_queue,
    rpc::{ManualSeal, ManualSealApiServer},
    run_manual_seal,
};
use sc_executor::WasmExecutor;
use sc_network::{
    NetworkBackend, NetworkWorker,
    config::{FullNetworkConfiguration, TransportConfig},
};
use sc_service::{
    BlocksPruning, BuildNetworkParams, Configuration, Error, PruningMode, SpawnTasksParams, TFullClient, TaskManager,
};
use sc_transaction_pool::TransactionPoolHandle;
use sc_transaction_pool_api::TransactionPool;
use sit_hub::node::{OpaqueBlock as Block, RuntimeApi};
use sp_io::SubstrateHostFunctions;
use substrate_frame_rpc_system::{System, SystemApiServer};

use crate::{clock::Clock, seal::Seal};

/// Hash of a block.
pub type Hash = <Block as sp_runtime::traits::Block>::Hash;
/// The database and the runtime.
pub type Client = TFullClient<Block, RuntimeApi, WasmExecutor<SubstrateHostFunctions>>;
type Pool = TransactionPoolHandle<Block, Client>;
type Network = NetworkWorker<Block, Hash>;
type Commands = mpsc::Sender<EngineCommand<Hash>>;

/// The file of a chain's clock, in its folder.
const CLOCK: &str = "clock";

/// Commands for blocks that may wait.
const COMMANDS: usize = 1_024;

/// Starts the chain.
///
/// # Errors
/// What the database, the runtime or a port says.
pub fn start(mut config: Configuration, seal: Seal) -> Result<TaskManager, Error> {
    // Auditors look back: every block and every state stays.
    config.state_pruning = Some(PruningMode::ArchiveAll);
    config.blocks_pruning = BlocksPruning::KeepAll;
    // A network that nothing comes into, for a node cannot do without.
    config.network.transport = TransportConfig::MemoryOnly;
    config.network.listen_addresses.clear();

    let executor = sc_service::new_wasm_executor(&config.executor);
    let (client, backend, keystore, mut tasks) =
        sc_service::new_full_parts::<Block, RuntimeApi, _>(&config, None, executor, Vec::new())?;
    let client: Arc<Client> = Arc::new(client);
    let select_chain = LongestChain::new(backend.clone());
    let pool: Arc<Pool> = Arc::new(
        sc_transaction_pool::Builder::new(tasks.spawn_essential_handle(), client.clone(), true.into())
            .with_options(config.transaction_pool.clone())
            .build(),
    );
    let (network, system_rpc_tx, tx_handler_controller, sync_service) =
        sc_service::build_network(BuildNetworkParams {
            net_config: FullNetworkConfiguration::<Block, Hash, Network>::new(&config.network, None),
            config: &config,
            client: client.clone(),
            transaction_pool: pool.clone(),
            spawn_handle: tasks.spawn_handle(),
            spawn_essential_handle: tasks.spawn_essential_handle(),
            import_queue: import_queue(Box::new(client.clone()), &tasks.spawn_essential_handle(), None),
            block_announce_validator_builder: None,
            warp_sync_config: None,
            block_relay: None,
            metrics: <Network as NetworkBackend<Block, Hash>>::register_notification_metrics(None),
        })?;

    let clock = Clock::of(client.clone(), config.base_path.path().join(CLOCK))?;
    let (commands, asked) = mpsc::channel(COMMANDS);
    let (parts, time) = ((client.clone(), pool.clone()), clock.clone());
    let rpc_builder = Box::new(move |_| {
        methods(parts.clone(), time.clone(), commands.clone(), seal)
            .map_err(|error: RegisterMethodError| Error::Other(error.to_string()))
    });
    sc_service::spawn_tasks(SpawnTasksParams {
        config,
        client: client.clone(),
        backend,
        task_manager: &mut tasks,
        keystore: keystore.keystore(),
        transaction_pool: pool.clone(),
        rpc_builder,
        network,
        system_rpc_tx,
        tx_handler_controller,
        sync_service,
        telemetry: None,
        tracing_execute_block: None,
    })?;

    let env = ProposerFactory::new(tasks.spawn_handle(), client.clone(), pool.clone(), None, None);
    let commands_stream = stream::select(asked, occasions(seal, &pool));
    let sealing = run_manual_seal(ManualSealParams {
        block_import: client.clone(),
        env,
        client,
        pool,
        commands_stream,
        select_chain,
        consensus_data_provider: None,
        create_inherent_data_providers: move |parent, ()| {
            let time = clock.next(parent);
            async move { Ok(sp_timestamp::InherentDataProvider::new(time.into())) }
        },
    });
    tasks.spawn_essential_handle().spawn_blocking("seal", None, sealing);
    Ok(tasks)
}

/// A block, final at once: there is nobody who could have another.
fn block(create_empty: bool, sender: Option<Answer>) -> EngineCommand<Hash> {
    EngineCommand::SealNewBlock { create_empty, finalize: true, parent_hash: None, sender }
}

type Answer =
    oneshot::Sender<Result<sc_consensus_manual_seal::rpc::CreatedBlock<Hash>, sc_consensus_manual_seal::Error>>;

/// When there is a block without anybody asking for one.
fn occasions(seal: Seal, pool: &Arc<Pool>) -> BoxStream<'static, EngineCommand<Hash>> {
    match seal {
        Seal::Instant => pool.import_notification_stream().map(|_| block(false, None)).boxed(),
        Seal::Manual => stream::pending().boxed(),
        Seal::Every(pause) => stream::unfold((), move |()| async move {
            Delay::new(pause).await;
            Some((block(true, None), ()))
        })
        .boxed(),
    }
}

fn refused(reason: impl Into<String>) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(INVALID_PARAMS_CODE, reason.into(), None::<()>)
}

/// The one parameter of a method: seconds, as a number or in hexadecimal digits.
fn seconds(params: &Params<'_>) -> Result<u32, ErrorObjectOwned> {
    let digits = |text: &str| match text.strip_prefix("0x") {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    };
    let value: JsonValue = params.one()?;
    value.as_u64().and_then(|number| u32::try_from(number).ok()).or_else(|| value.as_str().and_then(digits)).ok_or_else(
        || refused(format!("whole seconds below 2^32 are wanted, as a number or as \"0x...\", not {value}")),
    )
}

/// What can be asked of the node, beyond what every node answers. The names and forms of `evm_*` are Anvil's and
/// Hardhat's.
fn methods(
    (client, pool): (Arc<Client>, Arc<Pool>),
    clock: Clock,
    commands: Commands,
    seal: Seal,
) -> Result<RpcModule<()>, RegisterMethodError> {
    let mut module = RpcModule::new(());
    module.merge(System::new(client, pool).into_rpc())?;
    module.merge(ManualSeal::new(commands.clone()).into_rpc())?;
    // The Ethereum server asks: with a block for each transaction it answers when the block is there.
    module.register_method("getAutomine", move |_, _, _| seal == Seal::Instant)?;
    let time = clock.clone();
    module
        .register_method("evm_increaseTime", move |params, _, _| time.increase(seconds(&params)?).map_err(refused))?;
    module.register_method("evm_setNextBlockTimestamp", move |params, _, _| {
        clock.set_next(seconds(&params)?).map(|()| JsonValue::Null).map_err(refused)
    })?;
    module.register_async_method("evm_mine", move |_, _, _| {
        let mut commands = commands.clone();
        async move {
            let (sender, answer) = oneshot::channel();
            let gone = || refused("no block: the node stops");
            commands.send(block(true, Some(sender))).await.map_err(|_| gone())?;
            let made = answer.await.map_err(|_| gone())?;
            made.map(|_| "0x0").map_err(|error| refused(error.to_string()))
        }
    })?;
    Ok(module)
}
