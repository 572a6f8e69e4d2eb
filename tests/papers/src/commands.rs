//! What the commands of the project know: cargo's packages, targets and tests, the options of scripts and programs.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use crate::{Repository, tests_of};

/// cargo's own subcommands that documents use.
const CARGO: [&str; 12] =
    ["add", "bench", "build", "check", "clippy", "doc", "fmt", "install", "metadata", "run", "test", "update"];

/// cargo's options that are followed by nothing.
const SWITCHES: [&str; 16] = [
    "--locked",
    "--workspace",
    "--all",
    "--all-targets",
    "--all-features",
    "--no-default-features",
    "--no-deps",
    "--release",
    "--check",
    "--lib",
    "--bins",
    "--benches",
    "--doc",
    "--no-run",
    "--offline",
    "--quiet",
];

/// Options of a test program that documents use.
const HARNESS: [&str; 6] = ["--ignored", "--include-ignored", "--nocapture", "--exact", "--list", "--test"];

/// A package of the workspace.
#[derive(Default, Debug)]
struct Package {
    folder: String,
    features: BTreeSet<String>,
    bins: BTreeSet<String>,
    tests: BTreeSet<String>,
    benches: BTreeSet<String>,
}

/// The commands of the project.
pub struct Commands<'r> {
    repository: &'r Repository,
    packages: BTreeMap<String, Package>,
    aliases: BTreeSet<String>,
}

impl<'r> Commands<'r> {
    /// Reads the manifests.
    ///
    /// # Panics
    /// When a manifest of the workspace cannot be read.
    #[must_use]
    pub fn new(repository: &'r Repository) -> Self {
        let root = table(repository, "Cargo.toml");
        let members = root["workspace"]["members"].as_array().expect("the workspace has members");
        let mut packages = BTreeMap::new();
        for folder in members.iter().filter_map(toml::Value::as_str) {
            let manifest = table(repository, &format!("{folder}/Cargo.toml"));
            let name = manifest["package"]["name"].as_str().expect("a package has a name").to_owned();
            packages.insert(name.clone(), Package::new(repository, folder, &name, &manifest));
        }
        let config = table(repository, ".cargo/config.toml");
        let aliases = config.get("alias").and_then(toml::Value::as_table);
        Self { repository, packages, aliases: aliases.into_iter().flat_map(|table| table.keys().cloned()).collect() }
    }

    /// Whether text is a command of the project, as far as its first word says.
    #[must_use]
    pub fn is_command(&self, text: &str) -> bool {
        let words = without_variables(text);
        let first = words.first().copied().unwrap_or_default();
        // The bare name of cargo is the program, not something to type.
        (first == "cargo" && words.len() > 1) || first.starts_with("scripts/") || self.program(first).is_some()
    }

    fn program(&self, name: &str) -> Option<&Package> {
        self.packages.values().find(|package| package.bins.contains(name))
    }

    /// Checks a command: whatever it names must be there.
    ///
    /// # Errors
    /// What is not there.
    pub fn check(&self, text: &str) -> Result<(), String> {
        let words = without_variables(text);
        match words.split_first() {
            Some((&"cargo", rest)) => self.cargo(rest),
            Some((&"scripts/cargo", rest)) if self.repository.is_file("scripts/cargo") => self.cargo(rest),
            Some((script, rest)) if script.starts_with("scripts/") => self.script(script, rest),
            Some((program, rest)) => self.arguments(program, rest),
            None => Err("no command".to_owned()),
        }
    }

    fn script(&self, script: &str, rest: &[&str]) -> Result<(), String> {
        if !self.repository.has(script) {
            return Err(format!("there is no {script}{}", self.repository.hint(script)));
        }
        if rest.is_empty() {
            return Ok(());
        }
        if !self.repository.is_file(script) {
            return Err(format!("{script} is a folder and takes no arguments"));
        }
        let ran = Command::new("bash").arg(self.repository.root().join(script)).arg("--help").output();
        let ran = ran.map_err(|error| format!("{script} --help does not run: {error}"))?;
        let help = String::from_utf8_lossy(&ran.stdout).into_owned();
        if !ran.status.success() || help.is_empty() {
            return Err(format!("{script} --help says nothing"));
        }
        let known =
            |word: &str| help.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_')).any(|part| part == word);
        let mut words = rest.iter();
        let mut first = true;
        while let Some(word) = words.next() {
            let name = word.split('=').next().unwrap_or(word);
            if name.starts_with('-') {
                if !["-h", "--help"].contains(&name) && !known(name) {
                    return Err(format!("{script} --help does not know {name}"));
                }
                // What follows an option is its value.
                if name == *word && words.as_slice().first().is_some_and(|next| !next.starts_with('-')) {
                    words.next();
                }
            } else if first && !is_placeholder(word) && !known(word) {
                return Err(format!("{script} --help does not know {word}"));
            }
            first = false;
        }
        Ok(())
    }

    fn cargo(&self, rest: &[&str]) -> Result<(), String> {
        let (subcommand, rest) = rest.split_first().ok_or("cargo has no subcommand")?;
        if self.aliases.contains(*subcommand) {
            return Ok(());
        }
        if !CARGO.contains(subcommand) {
            return Err(format!(
                "cargo {subcommand} is neither one of cargo's that are used here nor an alias of .cargo/config.toml"
            ));
        }
        let (own, after) = match rest.iter().position(|word| *word == "--") {
            Some(at) => (&rest[..at], &rest[at + 1..]),
            None => (rest, &[][..]),
        };
        if ["install", "update", "add"].contains(subcommand) {
            return Ok(()); // they speak of packages of others
        }
        let (mut named, mut targets, mut filters) = (Vec::new(), Vec::new(), Vec::new());
        let mut words = own.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().copied().ok_or_else(|| format!("{word} has no value"));
            match *word {
                "-p" | "--package" => {
                    let name = value()?;
                    named.push(self.packages.get(name).ok_or_else(|| format!("there is no package {name}"))?);
                }
                "--test" | "--bench" | "--bin" | "--features" => targets.push((*word, value()?)),
                "--manifest-path" => {
                    let path = value()?;
                    if !self.repository.is_file(path) {
                        return Err(format!("there is no {path}"));
                    }
                }
                _ if SWITCHES.contains(word) => {}
                _ if word.starts_with('-') => {
                    return Err(format!("{word} is not an option of cargo that is used here"));
                }
                _ => filters.push(*word),
            }
        }
        let scope: Vec<&Package> = if named.is_empty() { self.packages.values().collect() } else { named };
        for (kind, name) in &targets {
            let has = |package: &&Package| match *kind {
                "--test" => package.tests.contains(*name),
                "--bench" => package.benches.contains(*name),
                "--bin" => package.bins.contains(*name),
                _ => package.features.contains(*name),
            };
            if !scope.iter().any(has) {
                return Err(format!("no package of the command has {kind} {name}"));
            }
        }
        let test = targets.iter().find(|(kind, _)| *kind == "--test").map(|(_, name)| *name);
        match *subcommand {
            "test" => {
                let harness = after.iter().filter(|word| word.starts_with('-'));
                for word in harness {
                    let name = word.split('=').next().unwrap_or(word);
                    if !HARNESS.contains(&name) && name != "--test-threads" {
                        return Err(format!("{word} is not an option of test programs that is used here"));
                    }
                }
                filters.extend(after.iter().filter(|word| !word.starts_with('-')));
                filters.iter().try_for_each(|filter| self.filter(filter, &scope, test))
            }
            "run" => {
                let bin = targets.iter().find(|(kind, _)| *kind == "--bin").map(|(_, name)| (*name).to_owned());
                let bins: Vec<&String> = scope.iter().flat_map(|package| &package.bins).collect();
                let bin = match (bin, bins.as_slice()) {
                    (Some(bin), _) => bin,
                    (None, [bin]) => (*bin).clone(),
                    _ => return Err("which program it is to run is not clear".to_owned()),
                };
                self.arguments(&bin, after)
            }
            _ if filters.is_empty() => Ok(()),
            _ => Err(format!("cargo {subcommand} takes no {filters:?}")),
        }
    }

    /// Whether a filter of `cargo test` finds a test.
    fn filter(&self, filter: &str, scope: &[&Package], target: Option<&str>) -> Result<(), String> {
        if is_placeholder(filter) {
            return Ok(());
        }
        let found = scope.iter().any(|package| {
            let begin = format!("{}/", package.folder);
            self.repository.ending(".rs").filter(|file| file.starts_with(&begin)).any(|file| {
                let inside = &file[begin.len()..];
                let wanted = target.is_none_or(|target| {
                    inside == format!("tests/{target}.rs") || inside.starts_with(&format!("tests/{target}/"))
                });
                let module = inside.trim_end_matches(".rs").trim_end_matches("/mod").replace('/', "::");
                let tests = || tests_of(&self.repository.text(file).unwrap_or_default());
                wanted && tests().iter().any(|test| format!("{module}::{}", test.name).contains(filter))
            })
        });
        if found { Ok(()) } else { Err(format!("no test of the command has `{filter}` in its name")) }
    }

    /// Whether a program knows its subcommand and its options, by its source.
    fn arguments(&self, program: &str, rest: &[&str]) -> Result<(), String> {
        let package = self.program(program).ok_or_else(|| format!("there is no program {program}"))?;
        let Package { folder, .. } = package;
        let mut words = rest;
        // A program whose options another one shares has them in its library.
        let mut files = ["bin/{program}", "main", "program"]
            .map(|file| format!("{folder}/src/{}.rs", file.replace("{program}", program)))
            .to_vec();
        let commands = format!("{folder}/src/commands");
        if self.repository.has(&commands) {
            files.extend(["mod", "input", "output"].map(|name| format!("{commands}/{name}.rs")));
            if let Some((subcommand, after)) = rest.split_first().filter(|(word, _)| !word.starts_with('-')) {
                let file = format!("{commands}/{}.rs", subcommand.replace('-', "_"));
                let listed = self.repository.text(&format!("{commands}/mod.rs")).unwrap_or_default();
                if !self.repository.is_file(&file) || !listed.contains(&format!("({}::", subcommand.replace('-', "_")))
                {
                    return Err(format!("{program} has no subcommand {subcommand}"));
                }
                files.push(file);
                words = after;
            }
        }
        let sources: Vec<String> = files.iter().filter_map(|file| self.repository.text(file)).collect();
        if sources.is_empty() {
            return Err(format!("the source of {program} is not found"));
        }
        // A command that a library has keeps its options there.
        let names = sources.iter().flat_map(|source| source.split("sit_").skip(1));
        let names = names.filter_map(|rest| rest.split_once("::program")).map(|(name, _)| name);
        let libraries = names.filter_map(|name| self.repository.text(&format!("crates/{name}/src/program.rs")));
        let libraries: Vec<String> = libraries.collect();
        let all = sources.iter().chain(&libraries);
        let options: BTreeSet<String> = all.flat_map(|source| options_of(source)).collect();
        for word in words.iter().filter_map(|word| word.strip_prefix("--")) {
            let name = word.split('=').next().unwrap_or(word);
            if !["help", "version"].contains(&name) && !options.contains(name) {
                return Err(format!("{program} does not know --{name}"));
            }
        }
        Ok(())
    }
}

impl Package {
    fn new(repository: &Repository, folder: &str, name: &str, manifest: &toml::Table) -> Self {
        let mut package = Self { folder: folder.to_owned(), ..Self::default() };
        package.features = manifest
            .get("features")
            .and_then(toml::Value::as_table)
            .into_iter()
            .flat_map(|table| table.keys().cloned())
            .collect();
        let named = |kind: &str| -> BTreeSet<String> {
            let targets = manifest.get(kind).and_then(toml::Value::as_array).into_iter().flatten();
            targets.filter_map(|target| Some(target.get("name")?.as_str()?.to_owned())).collect()
        };
        (package.bins, package.tests, package.benches) = (named("bin"), named("test"), named("bench"));
        if package.bins.is_empty() && repository.is_file(&format!("{folder}/src/main.rs")) {
            package.bins.insert(name.to_owned());
        }
        for (inside, names) in
            [("tests", &mut package.tests), ("benches", &mut package.benches), ("src/bin", &mut package.bins)]
        {
            let begin = format!("{folder}/{inside}/");
            for rest in repository.ending(".rs").filter_map(|file| file.strip_prefix(&begin)) {
                match rest.split_once('/') {
                    None => names.insert(rest.trim_end_matches(".rs").to_owned()),
                    Some((target, "main.rs")) => names.insert(target.to_owned()),
                    Some(_) => false,
                };
            }
        }
        package
    }
}

fn table(repository: &Repository, path: &str) -> toml::Table {
    let text = repository.text(path).unwrap_or_else(|| panic!("there is no {path}"));
    text.parse().unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The words of a command without the variables that are set for it, what follows it in a pipe, and a comment.
fn without_variables(text: &str) -> Vec<&str> {
    let text = text.split(" # ").next().unwrap_or(text).split(" | ").next().unwrap_or(text);
    let words = text.split_whitespace().take_while(|word| *word != "#" && *word != "&&");
    let is_variable = |word: &&str| {
        word.split_once('=').is_some_and(|(name, _)| {
            name.starts_with(|c: char| c.is_ascii_uppercase())
                && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
        })
    };
    words.skip_while(is_variable).collect()
}

/// Words in capitals, in angle brackets or three dots stand for something that the reader puts in.
fn is_placeholder(word: &str) -> bool {
    word.chars().all(|c| c.is_ascii_uppercase() || "_-.<>[]".contains(c))
        || word.starts_with('[')
        || word.starts_with('<')
}

/// The long options that a source declares to clap: the field behind each `#[arg(.. long ..)]`, or the name given
/// there.
fn options_of(source: &str) -> Vec<String> {
    let (mut found, mut attribute, mut open) = (Vec::new(), String::new(), false);
    for line in source.lines().map(str::trim) {
        if open || line.starts_with("#[arg(") {
            attribute.push_str(line);
            open = !line.ends_with(")]");
        } else if !attribute.is_empty() && !line.starts_with("//") && !line.starts_with("#[") {
            let long = attribute.split_once("long").map(|(_, rest)| rest.trim_start());
            let given = long.and_then(|rest| rest.strip_prefix("= \"")).and_then(|rest| rest.split('"').next());
            let field = line.trim_start_matches("pub ").split(':').next().unwrap_or_default();
            if long.is_some() {
                found.push(given.map_or_else(|| field.replace('_', "-"), str::to_owned));
            }
            attribute.clear();
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_name_what_is_there_pass() {
        let repository = Repository::open();
        let commands = Commands::new(&repository);
        for command in [
            "cargo test --locked -p sit-engine --test clearing a_round_trip -- --nocapture",
            "cargo test --locked -p sit-engine liquidation::",
            "cargo run --locked -p sit-sim-program -- margin --sample 1 --returns-out FILE",
            "SIT_CACHE=/x scripts/demo --prices prices.csv --column blend   # the main job",
            "scripts/bench sim",
            "scripts/contracts",
            "sit-sim risk --model paper --tenor 0.083333333",
            "sit-sim --help",
        ] {
            assert_eq!((commands.is_command(command), commands.check(command)), (true, Ok(())), "{command}");
        }
    }

    #[test]
    fn commands_that_name_what_is_not_there_are_found() {
        let repository = Repository::open();
        let commands = Commands::new(&repository);
        for command in [
            "cargo run -p sit-sim -- --help",
            "cargo test -p sit-engines",
            "cargo test -p sit-engine --test book",
            "cargo test -p sit-engine --test clearing no_such_test_is_there",
            "cargo tset",
            "cargo build --lockd",
            "cargo build -p sit-engine --features parquet",
            "scripts/dmo",
            "scripts/demo --price prices.csv",
            "scripts/bench engines",
            "sit-sim margins --sample 1",
            "sit-sim margin --samples 1",
            "sit-demo --jsn",
        ] {
            assert!(commands.check(command).is_err(), "{command}");
        }
    }
}
