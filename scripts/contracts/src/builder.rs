//! Builds contracts with `contract-build` and stores the results in the cache.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::Instant,
};

use anyhow::{Context, Result, anyhow, bail, ensure};
use contract_build::{
    BuildArtifacts, BuildMode, BuildResult, ComposeBuildArgs, CrateMetadata, ExecuteArgs, Features, ManifestPath,
    MetadataArtifacts, Network, OutputType, SolidityMetadataArtifacts, UnstableFlags, Verbosity, metadata,
};

use polkavm_linker::{ProgramBlob, TargetInstructionSet};
use serde_json::json;

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
        let target = cache.target(version);
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
        Ok(Self { workspace, cache, compiler, target, force, _lock: lock })
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

    /// The blob and the ABI of `contract`: its code for the chain and, in a target directory of its own and meanwhile,
    /// the program that prints its ABI, which is compiled for this machine.
    fn compile(&self, contract: &Contract) -> Result<(Vec<u8>, Vec<u8>)> {
        let (blob, abi) = thread::scope(|scope| {
            let abi = scope.spawn(|| self.abi(contract));
            (self.code(contract), abi.join())
        });
        // A program that does not compile for the chain does not for this machine either: its first refusal is said.
        Ok((blob?, abi.map_err(|_| anyhow!("the thread that makes the ABI has panicked"))??))
    }

    /// The blob of `contract`.
    fn code(&self, contract: &Contract) -> Result<Vec<u8>> {
        let manifest_path = ManifestPath::new(contract.folder.join("Cargo.toml"))?;
        self.note_target(&manifest_path)?;
        let BuildResult { dest_binary, .. } = contract_build::execute::<NoDocker>(ExecuteArgs {
            manifest_path,
            verbosity: Verbosity::Default,
            build_mode: BuildMode::Release,
            network: Network::Online,
            build_artifact: BuildArtifacts::CodeOnly,
            output_type: OutputType::HumanReadable,
            target_dir: Some(self.target.clone()),
            ..ExecuteArgs::default()
        })?;
        read(&dest_binary.context("contract-build returned no blob")?)
    }

    /// The ABI of `contract`, with the mutability of its messages put right.
    fn abi(&self, contract: &Contract) -> Result<Vec<u8>> {
        let manifest = contract.folder.join("Cargo.toml");
        let layout =
            CrateMetadata::collect_with_target_dir(&ManifestPath::new(&manifest)?, Some(self.target.join("abi")))?;
        let folder = &layout.artifact_directory;
        fs::create_dir_all(folder).with_context(|| format!("{} cannot be created", folder.display()))?;
        // The description of the build, which names a blob, is thrown away.
        let blob = folder.join("none");
        fs::write(&blob, "").with_context(|| format!("{} cannot be written", blob.display()))?;
        let build = json!({ "rust_toolchain": "", "cargo_contract_version": "0.0.0", "build_mode": "Release" });
        let dest_abi = folder.join(&layout.contract_artifact_name).with_extension("abi");
        let artifacts = MetadataArtifacts::Solidity(SolidityMetadataArtifacts {
            dest_abi: dest_abi.clone(),
            dest_metadata: dest_abi.with_extension("json"),
        });
        metadata::execute(
            &layout,
            &blob,
            &artifacts,
            &Features::default(),
            Network::Online,
            Verbosity::Default,
            &UnstableFlags::default(),
            serde_json::from_value(build)?,
        )?;
        mutability::correct(&read(&dest_abi)?, &mutability::views(&manifest)?)
    }

    /// Links those of `contracts` a second time that have no blob with the names of their functions, and stores it
    /// beside the blob.
    ///
    /// What the compiler has left is linked as `contract-build` links it, but for the names, which it throws away. The
    /// machine must run the same: the code is that of the blob, byte for byte. When the compiler's output is gone, or
    /// is that of other sources, the contract is compiled again.
    ///
    /// # Errors
    /// When a contract is not built, or its code with names is another one.
    pub fn link_symbols(&self, contracts: &[Contract]) -> Result<()> {
        for (contract, built) in contracts.iter().zip(self.build_all(contracts)?) {
            let artifacts = self.cache.artifacts(&built.name);
            if artifacts.has_symbols_of(&built.record.code_hash) {
                continue;
            }
            let code = |bytes: Vec<u8>| anyhow::Ok(ProgramBlob::parse(bytes.into())?.code().to_vec());
            let blob = code(read(&built.blob)?)?;
            let same = |symbols: &Vec<u8>| code(symbols.clone()).is_ok_and(|code| code == blob);
            let symbols = match self.with_symbols(contract).ok().filter(same) {
                Some(symbols) => symbols,
                None => {
                    self.compile(contract)?;
                    self.with_symbols(contract)?
                }
            };
            ensure!(same(&symbols), "`{}` has another code with the names of its functions", built.name);
            artifacts.store_symbols(&built.record.code_hash, &symbols)?;
        }
        Ok(())
    }

    /// What the compiler has made of `contract`, linked with the names of its functions.
    fn with_symbols(&self, contract: &Contract) -> Result<Vec<u8>> {
        let manifest_path = ManifestPath::new(contract.folder.join("Cargo.toml"))?;
        let layout = CrateMetadata::collect_with_target_dir(&manifest_path, Some(self.target.clone()))?;
        let mut elf = read(&layout.original_code)?;
        keep_mangled(&mut elf);
        let mut config = polkavm_linker::Config::default();
        config.set_optimize(true);
        polkavm_linker::program_from_elf(config, TargetInstructionSet::ReviveV1, &elf)
            .map_err(|error| anyhow!("`{}` cannot be linked: {error}", contract.name))
    }

    /// Writes what `contract-build` would trip over if it is not there.
    ///
    /// After a build that was interrupted between compiling and linking it asks for a clean build, though all it misses
    /// is its note of the target, which may as well be empty.
    fn note_target(&self, manifest_path: &ManifestPath) -> Result<()> {
        let layout = CrateMetadata::collect_with_target_dir(manifest_path, Some(self.target.clone()))?;
        let note = layout.target_file_path;
        if !note.exists() {
            fs::create_dir_all(&layout.artifact_directory)
                .and_then(|()| fs::write(&note, ""))
                .with_context(|| format!("{} cannot be written", note.display()))?;
        }
        Ok(())
    }
}

/// Keeps the linker from reading the names of Rust's functions, which it cuts at a place that it finds in another form
/// of them: `_R` at their beginning becomes `.R`. An ELF file of another form stays as it is.
fn keep_mangled(elf: &mut [u8]) {
    /// Type of a section of strings.
    const STRINGS: u64 = 3;
    let number = |elf: &[u8], at: usize, bytes: usize| {
        let field = elf.get(at..at.checked_add(bytes)?)?;
        Some(field.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    };
    let place = |elf: &[u8], at: usize, bytes: usize| usize::try_from(number(elf, at, bytes)?).ok();
    let sections = place(elf, 0x28, 8).zip(place(elf, 0x3a, 2)).zip(place(elf, 0x3c, 2));
    let Some(((first, size), count)) = sections else { return };
    for header in (0..count).map(|section| first.saturating_add(section.saturating_mul(size))) {
        if number(elf, header.saturating_add(4), 4) != Some(STRINGS) {
            continue;
        }
        let (begin, length) = (place(elf, header.saturating_add(0x18), 8), place(elf, header.saturating_add(0x20), 8));
        let range = begin.zip(length).and_then(|(begin, length)| Some(begin..begin.checked_add(length)?));
        let Some(strings) = range.and_then(|range| elf.get_mut(range)) else { continue };
        for at in 0..strings.len().saturating_sub(2) {
            if strings[at..].starts_with(b"\0_R") {
                strings[at + 1] = b'.';
            }
        }
    }
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
