//! The files of the checkout.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Folders that are never part of the project, wherever they lie.
const FOREIGN: [&str; 3] = [".git", "target", "node_modules"];

/// The checkout this test was compiled in.
pub struct Repository {
    root: PathBuf,
    files: BTreeSet<String>,
}

impl Repository {
    /// Lists the checkout: every file but what the root's `.gitignore` names by its path from there, what that of
    /// another folder names in it, and folders of build outputs.
    ///
    /// # Panics
    /// When the checkout cannot be read.
    #[must_use]
    pub fn open() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the checkout is there");
        let ignored = fs::read_to_string(root.join(".gitignore")).expect("there is a .gitignore");
        let ignored: Vec<&str> = ignored.lines().filter_map(|line| line.trim_end().strip_prefix('/')).collect();
        let mut repository = Self { files: BTreeSet::new(), root };
        repository.list("", &ignored);
        repository
    }

    fn list(&mut self, folder: &str, ignored: &[&str]) {
        let own = fs::read_to_string(self.root.join(folder).join(".gitignore")).unwrap_or_default();
        let own: Vec<&str> = own.lines().map(|line| line.trim_end().trim_end_matches('/')).collect();
        for entry in fs::read_dir(self.root.join(folder)).expect("the folder can be read") {
            let entry = entry.expect("the folder can be read");
            let name = entry.file_name().into_string().expect("names are UTF-8");
            let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            if FOREIGN.contains(&name.as_str()) || own.contains(&name.as_str()) || ignored.contains(&path.as_str()) {
                continue;
            }
            if entry.file_type().expect("the folder can be read").is_dir() {
                self.list(&path, ignored);
            } else {
                self.files.insert(path);
            }
        }
    }

    /// Where the checkout lies.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// All files, by their path from the root.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(String::as_str)
    }

    /// The files whose path ends so.
    pub fn ending<'a>(&'a self, end: &'a str) -> impl Iterator<Item = &'a str> {
        self.files().filter(move |file| file.ends_with(end))
    }

    /// The text of a file; `None` when there is no such file or it is no text.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<String> {
        self.files.contains(path).then(|| fs::read_to_string(self.root.join(path)).ok()).flatten()
    }

    /// Whether there is such a file.
    #[must_use]
    pub fn is_file(&self, path: &str) -> bool {
        self.files.contains(path)
    }

    /// Whether there is such a file or folder. A star stands for any name of one segment.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        let wanted: Vec<&str> = path.trim_end_matches('/').split('/').collect();
        self.files().any(|file| {
            let mut segments = file.split('/');
            wanted.iter().all(|wanted| segments.next().is_some_and(|segment| fits(segment, wanted)))
        })
    }

    /// Whether a path begins with a folder of the root.
    #[must_use]
    pub fn is_below_root(&self, path: &str) -> bool {
        path.split_once('/').is_some_and(|(folder, _)| {
            self.files().any(|file| file.split_once('/').is_some_and(|(other, _)| other == folder))
        })
    }

    /// For a path that does not exist: the files of the same name, as a hint where it may have gone.
    #[must_use]
    pub fn hint(&self, path: &str) -> String {
        let path = path.trim_end_matches('/');
        let name = path.rsplit('/').next().unwrap_or(path);
        let whole: Vec<&str> = self.files().filter(|file| file.ends_with(&format!("/{path}"))).collect();
        let named: Vec<&str> = self.files().filter(|file| file.rsplit('/').next() == Some(name)).collect();
        match [whole, named].into_iter().find(|found| (1..=3).contains(&found.len())) {
            Some(found) => format!(" (there is {})", found.join(", ")),
            None => String::new(),
        }
    }
}

fn fits(segment: &str, wanted: &str) -> bool {
    match wanted.split_once('*') {
        None => segment == wanted,
        Some((head, tail)) => {
            segment.len() >= head.len() + tail.len() && segment.starts_with(head) && segment.ends_with(tail)
        }
    }
}

/// A path with a list in braces, as the shell writes it, as the paths that it stands for.
#[must_use]
pub fn braces(path: &str) -> Vec<String> {
    let Some((head, rest)) = path.split_once('{') else { return vec![path.to_owned()] };
    let Some((list, tail)) = rest.split_once('}') else { return vec![path.to_owned()] };
    list.split(',').flat_map(|item| braces(&format!("{head}{item}{tail}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_in_braces_is_every_path_in_it() {
        assert_eq!(braces("a/{b,c}/d.rs"), ["a/b/d.rs", "a/c/d.rs"]);
        assert_eq!(braces("a/b.rs"), ["a/b.rs"]);
    }

    #[test]
    fn a_star_is_any_name_of_one_segment() {
        assert!(fits("clearing", "*") && fits("0001-one.md", "0001-*.md") && fits("a", "a"));
        assert!(!fits("a.md", "a.md*x") && !fits("aba", "ab*ba"));
        let repository = Repository::open();
        assert!(
            repository.has("contracts/*/Cargo.toml")
                && repository.has("contracts/")
                && repository.is_file("Cargo.toml")
        );
        assert!(!repository.has("contracts/*/Cargo.lock") && !repository.has("contract"));
    }
}
