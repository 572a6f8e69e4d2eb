//! Cargo as `contract-build` sees it: held to the committed `Cargo.lock`.
//!
//! `contract-build` compiles a contract in a temporary workspace. It copies the lock file there, but for a contract
//! that is a member of a larger workspace it puts it one folder away from where cargo looks, so that every dependency
//! would be resolved afresh; and it has no option for `--locked`. It does start the cargo that the variable `CARGO`
//! names, so this program names itself there, and when it is started so it does, in place of cargo:
//!
//! ```text
//! metadata    cargo metadata --locked
//! build, run  copy Cargo.lock beside the temporary manifest; let cargo drop what the contract does not use;
//!             refuse unless every package left is one of the committed file; cargo build --locked
//! other       refuse (contract-build would start `cargo clean`, of the whole project, for INK_STATIC_BUFFER_SIZE)
//! ```

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use crate::staged;

/// Names the cargo to start; set only for processes started by `contract-build`.
const REAL_CARGO: &str = "SIT_CONTRACTS_CARGO";
/// Names the committed lock file.
const LOCKFILE: &str = "SIT_CONTRACTS_LOCKFILE";

/// Compiler flags, separated by the unit separator.
const FLAGS: &str = "CARGO_ENCODED_RUSTFLAGS";

/// The generator of the ABI runs once and is thrown away: what counts is how soon it is compiled.
const GENERATOR_PROFILE: [(&str, &str); 3] = [
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
];

/// This process stands in for cargo.
pub struct Role {
    cargo: PathBuf,
    lockfile: PathBuf,
}

/// One `[[package]]` of a lock file that comes from a registry.
type Locked = (String, String, String);

#[derive(Deserialize)]
struct Lock {
    #[serde(default)]
    package: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    source: Option<String>,
    checksum: Option<String>,
}

/// Variables that make `contract-build` start this program in place of cargo.
pub fn environment(lockfile: &Path) -> Result<Vec<(&'static str, OsString)>> {
    let this = std::env::current_exe().context("the path of this program is unknown")?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    Ok(vec![(REAL_CARGO, cargo), (LOCKFILE, lockfile.into()), ("CARGO", this.into())])
}

impl Role {
    /// The role, if this process was started in place of cargo.
    pub fn from_env() -> Option<Self> {
        Some(Self { cargo: std::env::var_os(REAL_CARGO)?.into(), lockfile: std::env::var_os(LOCKFILE)?.into() })
    }

    /// Does what cargo was asked to do with `args`, under the committed lock file; returns cargo's exit code.
    ///
    /// # Errors
    /// When cargo cannot be started, when the lock file does not cover the contract, or when the command is not one
    /// that a build consists of.
    pub fn run(&self, args: impl Iterator<Item = OsString>) -> Result<ExitCode> {
        // Colour for a terminal only: `contract-build` asks for it in log files too.
        let args: Vec<OsString> = args.filter(|arg| arg != "--color=always").collect();
        let mut cargo = self.cargo();
        match args.first().and_then(|arg| arg.to_str()) {
            Some("metadata") => {}
            Some("build") => self.prepare(&manifest_folder(&args)?)?,
            Some("run") => {
                self.prepare(&manifest_folder(&args)?)?;
                cargo.envs(GENERATOR_PROFILE);
                if let Ok(flags) = std::env::var(FLAGS) {
                    cargo.env(FLAGS, keep_events(&flags));
                }
            }
            other => bail!("building a contract must not need `cargo {}`", other.unwrap_or_default()),
        }
        run(cargo.args(args).arg("--locked"))
    }

    fn cargo(&self) -> Command {
        let mut cargo = Command::new(&self.cargo);
        cargo
            .env("CARGO", &self.cargo)
            .env_remove(REAL_CARGO)
            .env_remove(LOCKFILE)
            // `contract-build` says where to build with an option, except for its wrapper of rustc, which belongs to
            // it.
            .env_remove("CARGO_TARGET_DIR")
            .env_remove("RUSTC_WORKSPACE_WRAPPER")
            // The PolkaVM target is a JSON file; cargo 1.95 and later accept one only when told so.
            .env("CARGO_UNSTABLE_JSON_TARGET_SPEC", "true");
        cargo
    }

    /// Makes the temporary workspace in `folder` what `contract-build` meant it to be, and holds it to the lock file.
    fn prepare(&self, folder: &Path) -> Result<()> {
        let root = self.lockfile.parent().unwrap_or(Path::new("."));
        staged::repair(folder, root)?;
        self.pin(folder)
    }

    /// Puts the committed lock file, without what the workspace in `folder` does not use, beside its manifest.
    fn pin(&self, folder: &Path) -> Result<()> {
        let pinned = folder.join("Cargo.lock");
        let committed = fs::read_to_string(&self.lockfile)
            .with_context(|| format!("{} cannot be read", self.lockfile.display()))?;
        fs::write(&pinned, &committed).with_context(|| format!("{} cannot be written", pinned.display()))?;
        let mut trim = self.cargo();
        trim.args(["update", "--workspace", "--quiet", "--manifest-path"]).arg(folder.join("Cargo.toml"));
        let status = trim.status().context("cargo cannot be started")?;
        ensure!(status.success(), "the dependencies of {} cannot be resolved", folder.display());
        let trimmed = fs::read_to_string(&pinned).with_context(|| format!("{} cannot be read", pinned.display()))?;
        let strangers = strangers(&committed, &trimmed)?;
        ensure!(
            strangers.is_empty(),
            "the committed Cargo.lock does not cover the contract: {} would be added; \
             run `cargo update --workspace` in the checkout and commit Cargo.lock",
            strangers.join(", ")
        );
        Ok(())
    }
}

/// Registry packages of the lock file `trimmed` that the lock file `committed` has not, as `name version`.
fn strangers(committed: &str, trimmed: &str) -> Result<Vec<String>> {
    let known = registry_packages(committed)?;
    let used = registry_packages(trimmed)?;
    Ok(used.difference(&known).map(|(name, version, _)| format!("{name} {version}")).collect())
}

/// Name, version and checksum of the packages that do not lie in the workspace itself.
fn registry_packages(lock: &str) -> Result<BTreeSet<Locked>> {
    let lock: Lock = toml::from_str(lock).context("a Cargo.lock is not in cargo's format")?;
    Ok(lock
        .package
        .into_iter()
        .filter(|package| package.source.is_some())
        .map(|package| (package.name, package.version, package.checksum.unwrap_or_default()))
        .collect())
}

/// The compiler flags of the generator, with a cheaper way to keep the descriptions of events, which nothing but the
/// bounds of their section refers to: not by compiling and linking every function of every dependency, used or not, but
/// by telling the linker.
fn keep_events(encoded_flags: &str) -> String {
    encoded_flags.replace("-Clink-dead-code", "-Clink-arg=-Wl,-z,nostart-stop-gc")
}

/// Folder of the manifest that cargo's arguments name; without one, the current directory.
fn manifest_folder(args: &[OsString]) -> Result<PathBuf> {
    let named = args.iter().find_map(|arg| arg.to_str()?.strip_prefix("--manifest-path="));
    match named {
        Some(manifest) => Ok(Path::new(manifest).parent().unwrap_or(Path::new(".")).to_path_buf()),
        None => std::env::current_dir().context("the current directory cannot be read"),
    }
}

fn run(command: &mut Command) -> Result<ExitCode> {
    let status = command.status().context("cargo cannot be started")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMITTED: &str = r#"
version = 4
[[package]]
name = "ink"
version = "6.0.0-beta.1"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "ba51"
[[package]]
name = "serde"
version = "1.0.228"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "9a8e"
[[package]]
name = "sit-vault"
version = "0.1.0"
"#;

    #[test]
    fn a_lock_that_only_lost_packages_is_accepted() {
        let trimmed = COMMITTED.split("[[package]]").take(2).collect::<Vec<_>>();
        assert!(strangers(COMMITTED, &trimmed.join("[[package]]")).unwrap().is_empty());
    }

    #[test]
    fn packages_of_the_temporary_workspace_itself_are_no_strangers() {
        let trimmed = format!("{COMMITTED}[[package]]\nname = \"metadata-gen\"\nversion = \"0.1.0\"\n");
        assert!(strangers(COMMITTED, &trimmed).unwrap().is_empty());
    }

    #[test]
    fn another_version_or_another_checksum_is_refused_by_name() {
        for (from, to) in [("1.0.228", "1.0.229"), ("9a8e", "ffff")] {
            let changed = COMMITTED.replace(from, to);
            let found = strangers(COMMITTED, &changed).unwrap();
            assert_eq!(found.len(), 1);
            assert!(found[0].starts_with("serde 1.0.22"), "{found:?}");
        }
    }

    #[test]
    fn the_manifest_is_the_named_one_or_that_of_the_current_directory() {
        let named = ["run".into(), "--manifest-path=/a/b/Cargo.toml".into()];
        assert_eq!(manifest_folder(&named).unwrap(), Path::new("/a/b"));
        let here = std::env::current_dir().unwrap();
        assert_eq!(manifest_folder(&["build".into()]).unwrap(), here);
    }

    #[test]
    fn cleaning_the_project_is_refused() {
        let role = Role { cargo: "cargo".into(), lockfile: "Cargo.lock".into() };
        let error = role.run(["clean".into()].into_iter()).unwrap_err();
        assert_eq!(error.to_string(), "building a contract must not need `cargo clean`");
    }
}
