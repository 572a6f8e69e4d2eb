//! Builds contracts with `contract-build` and stores the results in the cache.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use contract_build::{
    BuildArtifacts, BuildMode, BuildResult, ComposeBuildArgs, CrateMetadata, ExecuteArgs, ManifestPath,
    MetadataArtifacts, MetadataSpec, Network, OutputType, Verbosity,
};

use polkavm_linker::{ProgramBlob, TargetInstructionSet};

use crate::{
    cache::{Cache, Record},
    inputs, locked_cargo, mutability,
    workspace::{Contract, Workspace},
};

/// Builds the contracts of one workspace into one cache.
pub struct Builder<'a> {
    workspace: &'a Workspace,
    cache: &'a Cache,
    /// What the compiler says of itself: version, commit, host.
    compiler: String,
    target: PathBuf,
    target_of_lines: PathBuf,
    force: bool,
    _lock: File,
}

/// A contract whose artifacts are up to date.
pub struct Built {
    /// Name of the contract.
    pub name: String,
    /// Its blob.
    pub blob: PathBuf,
    /// Its ABI.
    pub abi: PathBuf,
    /// What is known of the build.
    pub record: Record,
    /// Whether it was built now, and not found up to date.
    pub built_now: bool,
}

/// `contract-build` asks for it to build inside Docker, which is never done here.
struct NoDocker;

impl ComposeBuildArgs for NoDocker {
    fn compose_build_args() -> Result<Vec<String>> {
        bail!("contracts are not built inside Docker")
    }
}

impl<'a> Builder<'a> {
    /// A builder with exclusive use of the cache. It must be made before the process has a second thread.
    ///
    /// # Errors
    /// When there is no usable compiler or the cache cannot be written.
    pub fn new(workspace: &'a Workspace, cache: &'a Cache, force: bool) -> Result<Self> {
        let lock = cache.lock()?;
        let compiler = compiler()?;
        let version = compiler
            .lines()
            .find_map(|line| line.strip_prefix("release: "))
            .context("`rustc -vV` does not name its release")?;
        let (target, target_of_lines) = (cache.target(version), cache.target_of_lines(version));
        let variables = locked_cargo::environment(&workspace.lockfile())?;
        // SAFETY: the process has one thread as yet.
        #[expect(unsafe_code, reason = "contract-build reads its options from the environment")]
        unsafe {
            for (name, value) in variables {
                std::env::set_var(name, value);
            }
            // ink! compiles the size of its static buffer from this variable: a blob must not depend on who builds it.
            std::env::remove_var("INK_STATIC_BUFFER_SIZE");
        }
        Ok(Self { workspace, cache, compiler, target, target_of_lines, force, _lock: lock })
    }

    /// Builds those of `contracts` that are not up to date.
    pub fn build_all(&self, contracts: &[Contract]) -> Result<Vec<Built>> {
        contracts
            .iter()
            .enumerate()
            .map(|(index, contract)| {
                let position = format!("[{}/{}]", index.saturating_add(1), contracts.len());
                self.build(contract, &position).with_context(|| {
                    format!("the contract `{}` was not built (the compiler's messages are above)", contract.name)
                })
            })
            .collect()
    }

    fn build(&self, contract: &Contract, position: &str) -> Result<Built> {
        let inputs = inputs::digest(self.workspace, contract, &self.compiler)?;
        let artifacts = self.cache.artifacts(&contract.name);
        let known = artifacts.up_to_date(&inputs).filter(|_| !self.force);
        let built_now = known.is_none();
        let record = match known {
            Some(record) => record,
            None => {
                eprintln!("{position} building the contract `{}`", contract.name);
                let start = Instant::now();
                let (blob, abi) = self.compile(contract)?;
                artifacts.store(&inputs, &blob, &abi, start.elapsed().as_secs_f64())?
            }
        };
        Ok(Built { name: contract.name.clone(), blob: artifacts.blob(), abi: artifacts.abi(), record, built_now })
    }

    /// The blob and the ABI of `contract`.
    fn compile(&self, contract: &Contract) -> Result<(Vec<u8>, Vec<u8>)> {
        let manifest_path = ManifestPath::new(contract.folder.join("Cargo.toml"))?;
        self.clear(&manifest_path)?;
        let BuildResult { dest_binary, metadata_result, .. } =
            execute(manifest_path, BuildArtifacts::All, self.target.clone())?;
        let Some(MetadataArtifacts::Solidity(metadata)) = metadata_result else {
            bail!("contract-build returned no Solidity metadata")
        };
        let blob = dest_binary.context("contract-build returned no blob")?;
        let views = mutability::views(&contract.folder.join("Cargo.toml"))?;
        Ok((read(&blob)?, mutability::correct(&read(&metadata.dest_abi)?, &views)?))
    }

    /// Builds those of `contracts` with line information that have none of their blob, and stores it beside that.
    ///
    /// The compiler is asked for line tables and nothing else, in a target directory of their own, and the blob is
    /// linked without stripping it. The code is nearly the blob's and not quite: where there are line tables the
    /// compiler describes each function's stack, and finds less code that functions have in common.
    ///
    /// # Errors
    /// When a contract is not built.
    pub fn build_lines(&self, contracts: &[Contract]) -> Result<()> {
        for built in self.build_all(contracts)? {
            let artifacts = self.cache.artifacts(&built.name);
            if artifacts.has_lines_of(&built.record.code_hash) {
                continue;
            }
            eprintln!("building the contract `{}` with line information", built.name);
            let contract = contracts.iter().find(|contract| contract.name == built.name);
            let contract = contract.context("a contract that was built was asked for")?;
            let lines = self.compile_lines(contract).with_context(|| {
                format!("`{}` was not built with line information (the compiler's messages are above)", built.name)
            })?;
            let code = |bytes: Vec<u8>| anyhow::Ok(ProgramBlob::parse(bytes.into())?.code().len());
            let (with, without) = (code(lines.clone())?, code(read(&built.blob)?)?);
            eprintln!("    {with} bytes of code with line information, {without} without");
            artifacts.store_lines(&built.record.code_hash, &lines)?;
        }
        Ok(())
    }

    /// The blob of `contract` with line information.
    fn compile_lines(&self, contract: &Contract) -> Result<Vec<u8>> {
        let manifest_path = ManifestPath::new(contract.folder.join("Cargo.toml"))?;
        let target = self.target_of_lines.clone();
        execute(manifest_path.clone(), BuildArtifacts::CodeOnly, target.clone())?;
        let layout = CrateMetadata::collect_with_target_dir(&manifest_path, Some(target))?;
        // As contract-build links it, but for the line information.
        let mut config = polkavm_linker::Config::default();
        config.set_optimize(true);
        let elf = read(&layout.original_code)?;
        polkavm_linker::program_from_elf(config, TargetInstructionSet::ReviveV1, &elf)
            .map_err(|error| anyhow!("the contract cannot be linked: {error}"))
    }

    /// Removes what `contract-build` would trip over or take for up to date.
    ///
    /// After a build that was interrupted between compiling and linking it asks for a clean build, though all it misses
    /// is its note of the target, which may as well be empty. And it keeps the ABI when the blob has not changed,
    /// though the name of an argument may have.
    fn clear(&self, manifest_path: &ManifestPath) -> Result<()> {
        let layout = CrateMetadata::collect_with_target_dir(manifest_path, Some(self.target.clone()))?;
        let abi = layout.artifact_directory.join(&layout.contract_artifact_name).with_extension("abi");
        if abi.exists() {
            fs::remove_file(&abi).with_context(|| format!("{} cannot be removed", abi.display()))?;
        }
        let note = layout.target_file_path;
        if !note.exists() {
            fs::create_dir_all(&layout.artifact_directory)
                .and_then(|()| fs::write(&note, ""))
                .with_context(|| format!("{} cannot be written", note.display()))?;
        }
        Ok(())
    }
}

/// Has `contract-build` build a contract.
fn execute(manifest_path: ManifestPath, build_artifact: BuildArtifacts, target: PathBuf) -> Result<BuildResult> {
    contract_build::execute::<NoDocker>(ExecuteArgs {
        manifest_path,
        verbosity: Verbosity::Default,
        build_mode: BuildMode::Release,
        network: Network::Online,
        build_artifact,
        output_type: OutputType::HumanReadable,
        metadata_spec: Some(MetadataSpec::Solidity),
        target_dir: Some(target),
        ..ExecuteArgs::default()
    })
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("{} cannot be read", path.display()))
}

/// Asks the compiler.
fn ask(args: &[&str]) -> Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(&rustc).args(args).output().context("there is no rustc: run scripts/setup")?;
    ensure!(output.status.success(), "rustc does not work: run scripts/setup");
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The compiler as `rustc --version` prints it.
///
/// # Errors
/// When there is none.
pub fn compiler_name() -> Result<String> {
    ask(&["--version"])
}

/// What the compiler says of itself, after a check that it can build contracts at all.
fn compiler() -> Result<String> {
    let sources = PathBuf::from(ask(&["--print", "sysroot"])?).join("lib/rustlib/src/rust/library");
    ensure!(
        sources.is_dir(),
        "the compiler comes without the sources of its library, which contracts are built from: run scripts/setup"
    );
    ask(&["-vV"])
}
