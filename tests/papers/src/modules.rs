//! The modules of a crate, and what each takes from which other, read from its sources.
//!
//! An arrow leads from the module that names something to the one that defines it: a module that only hands a name on,
//! as the face of a part does with `pub use`, is no end of it, and neither is a `mod` line. Names that a macro makes
//! lead to the module that calls the macro. The formatter puts imports and definitions on lines of their own.

use std::collections::{BTreeMap, BTreeSet};

/// Where a module stands in its crate; empty for the crate's root.
type Place = Vec<String>;

/// An import: what it names, and by which name the module knows it, `*` for all names of a module.
struct Use {
    path: Vec<String>,
    name: String,
}

/// What is read of a source.
#[derive(Default)]
struct Source {
    /// Names that are defined for others.
    items: BTreeSet<String>,
    /// Imports, those that are handed on among them.
    uses: Vec<Use>,
    /// Imports that are handed on.
    handed_on: Vec<usize>,
    /// Paths of two segments and more in the code.
    paths: Vec<Vec<String>>,
}

/// The modules of a crate.
pub struct Modules {
    sources: BTreeMap<Place, Source>,
}

impl Modules {
    /// Reads the modules of a crate from pairs of a path below its `src` and the text that stands there.
    #[must_use]
    pub fn new(files: impl IntoIterator<Item = (String, String)>) -> Self {
        let place = |path: &str| -> Place {
            let mut place: Place = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
            if place.last().is_some_and(|last| last == "mod" || last == "lib") {
                place.pop();
            }
            place
        };
        Self { sources: files.into_iter().map(|(path, text)| (place(&path), Source::new(&text))).collect() }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.sources.len()
    }

    /// Who takes something from whom.
    #[must_use]
    pub fn arrows(&self) -> BTreeSet<(String, String)> {
        let mut found = BTreeSet::new();
        for (place, source) in &self.sources {
            let imports = source.uses.iter().enumerate().filter(|(at, _)| !source.handed_on.contains(at));
            let imports = imports.map(|(_, import)| self.defined(place, &import.path));
            let paths = source.paths.iter().map(|path| {
                let imported = source.uses.iter().find(|import| import.name == path[0]);
                match imported {
                    _ if is_relative(&path[0]) || self.child(place, &path[0]).is_some() => self.defined(place, path),
                    Some(import) => self.defined(place, &[&import.path[..], &path[1..]].concat()),
                    // A type of this module, or of the language.
                    None => None,
                }
            });
            let ends = imports.chain(paths).flatten().filter(|end| end != place);
            found.extend(ends.map(|end| (name(place), name(&end))));
        }
        found
    }

    fn child(&self, place: &Place, name: &str) -> Option<Place> {
        let child = [&place[..], &[name.to_owned()][..]].concat();
        self.sources.contains_key(&child).then_some(child)
    }

    /// The module that defines what a path names, or the last one on the way that is found.
    fn defined(&self, place: &Place, path: &[String]) -> Option<Place> {
        let (from, path) = absolute(place, path);
        (1..=path.len()).rev().find_map(|end| self.resolve(&from, &path[..end], &mut BTreeSet::new()))
    }

    fn resolve(&self, place: &Place, path: &[String], seen: &mut BTreeSet<(Place, Vec<String>)>) -> Option<Place> {
        let Some((first, rest)) = path.split_first().filter(|(first, _)| *first != "*") else {
            return Some(place.clone());
        };
        if !seen.insert((place.clone(), path.to_vec())) {
            return None;
        }
        if let Some(child) = self.child(place, first) {
            return self.resolve(&child, rest, seen).or(Some(child));
        }
        let source = self.sources.get(place)?;
        if source.items.contains(first) {
            return Some(place.clone());
        }
        let named = source.uses.iter().filter(|import| import.name == *first);
        let everything = source.uses.iter().filter(|import| import.name == "*");
        named.chain(everything).find_map(|import| {
            let (from, path) = absolute(place, &import.path);
            let target = self.resolve(&from, path, seen)?;
            if import.name == "*" { self.resolve(&target, std::slice::from_ref(first), seen) } else { Some(target) }
        })
    }
}

impl Source {
    fn new(text: &str) -> Self {
        let mut source = Self::default();
        let mut lines = text.lines().peekable();
        while let Some(line) = lines.next() {
            if line == "#[cfg(test)]" && lines.peek().is_some_and(|next| next.starts_with("mod tests {")) {
                break; // they stand at the end, and may use everything
            }
            let code = code(line);
            let import = code.trim();
            if let Some((handed_on, tree)) = import_of(import) {
                let mut tree = tree.to_owned();
                while !tree.contains(';') {
                    let Some(next) = lines.next() else { break };
                    tree.push_str(self::code(next).trim());
                }
                for import in uses(tree.trim_end().trim_end_matches(';')) {
                    if handed_on {
                        source.handed_on.push(source.uses.len());
                    }
                    source.uses.push(import);
                }
                continue;
            }
            source.items.extend(item(&code));
            source.paths.extend(paths(&code));
        }
        source
    }
}

/// A line without its comment and its texts in quotation marks.
fn code(line: &str) -> String {
    let code = line.split("//").next().unwrap_or_default();
    code.split('"').step_by(2).collect::<Vec<_>>().join(" ")
}

fn is_relative(segment: &str) -> bool {
    ["crate", "self", "super"].contains(&segment)
}

/// Where a path begins, and what follows.
fn absolute<'p>(place: &Place, path: &'p [String]) -> (Place, &'p [String]) {
    match path.first().map(String::as_str) {
        Some("crate") => (Place::new(), &path[1..]),
        Some("self") => (place.clone(), &path[1..]),
        Some("super") => {
            let up = path.iter().take_while(|segment| *segment == "super").count();
            (place[..place.len().saturating_sub(up)].to_vec(), &path[up..])
        }
        _ => (place.clone(), path),
    }
}

/// What a line imports, and whether it hands that on.
fn import_of(line: &str) -> Option<(bool, &str)> {
    if let Some(tree) = line.strip_prefix("use ") {
        return Some((false, tree));
    }
    let rest = line.strip_prefix("pub")?;
    let rest = if rest.starts_with('(') { rest.split_once(')')?.1 } else { rest };
    rest.strip_prefix(" use ").map(|tree| (true, tree))
}

/// The imports of a tree such as `super::{a, b::{self, c as d}}`.
fn uses(tree: &str) -> Vec<Use> {
    let tree = tree.trim();
    if let Some((head, inside)) = tree.split_once('{') {
        let (mut parts, mut depth) = (vec![String::new()], 0);
        for c in inside.strip_suffix('}').unwrap_or(inside).chars() {
            depth += i32::from(c == '{') - i32::from(c == '}');
            match parts.last_mut() {
                Some(part) if c != ',' || depth > 0 => part.push(c),
                _ => parts.push(String::new()),
            }
        }
        let parts = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty());
        return parts.flat_map(|part| uses(&format!("{head}{part}"))).collect();
    }
    let (path, alias) = tree.split_once(" as ").map_or((tree, None), |(path, alias)| (path, Some(alias.trim())));
    let mut path: Vec<String> = path.split("::").map(|segment| segment.trim().to_owned()).collect();
    if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
        path.pop();
    }
    let name = alias.map_or_else(|| path.last().cloned().unwrap_or_default(), str::to_owned);
    vec![Use { path, name }]
}

/// The name that a line at the margin defines for others.
fn item(line: &str) -> Option<String> {
    let rest = line.strip_prefix("pub")?;
    let rest = if rest.starts_with('(') { rest.split_once(')')?.1 } else { rest };
    let mut words = rest.strip_prefix(' ')?.split(' ').peekable();
    while let Some(word) = words.next() {
        let is_kind = ["fn", "struct", "enum", "trait", "static", "type", "union", "const"].contains(&word);
        if is_kind && !(word == "const" && words.peek().is_some_and(|next| ["fn", "unsafe"].contains(next))) {
            let name: String = words.next()?.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            return (!name.is_empty()).then_some(name);
        }
        if !["const", "unsafe", "async"].contains(&word) {
            return None;
        }
    }
    None
}

/// Paths of two segments and more.
fn paths(line: &str) -> Vec<Vec<String>> {
    let words = line.split(|c: char| !(c.is_alphanumeric() || "_:$".contains(c)));
    let paths = words.filter(|word| !word.starts_with(':')).map(|word| {
        let word = word.trim_end_matches(':').trim_start_matches('$');
        word.split("::").map(str::to_owned).collect::<Vec<_>>()
    });
    paths.filter(|path| path.len() > 1).collect()
}

fn name(place: &Place) -> String {
    if place.is_empty() { "crate".to_owned() } else { place.join("::") }
}

/// Where arrows lead from a module.
fn reached<'a>(from: &'a str, arrows: &'a BTreeSet<(String, String)>) -> BTreeSet<&'a str> {
    let (mut reached, mut waiting) = (BTreeSet::new(), vec![from]);
    while let Some(at) = waiting.pop() {
        let next = arrows.iter().filter(|(begin, _)| begin == at).map(|(_, end)| end.as_str());
        waiting.extend(next.filter(|end| reached.insert(*end)));
    }
    reached
}

/// Modules that reach themselves along arrows, those of one circle together, with the arrows between them.
#[must_use]
pub fn circles(arrows: &BTreeSet<(String, String)>) -> Vec<String> {
    let reach: BTreeMap<&str, BTreeSet<&str>> =
        arrows.iter().map(|(begin, _)| (begin.as_str(), reached(begin, arrows))).collect();
    let reaches = |a: &str, b: &str| reach.get(a).is_some_and(|reached| reached.contains(b));
    let mut found = BTreeMap::<&str, Vec<String>>::new();
    for (begin, end) in arrows.iter().filter(|(begin, end)| reaches(end, begin)) {
        let first = arrows.iter().map(|(first, _)| first).find(|first| reaches(first, begin) && reaches(begin, first));
        found.entry(first.unwrap_or(begin)).or_default().push(format!("{begin} -> {end}"));
    }
    found.into_values().map(|arrows| arrows.join(", ")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modules(files: &[(&str, &str)]) -> Modules {
        Modules::new(files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())))
    }

    fn drawn(files: &[(&str, &str)]) -> Vec<String> {
        modules(files).arrows().into_iter().map(|(begin, end)| format!("{begin} -> {end}")).collect()
    }

    #[test]
    fn an_arrow_leads_to_the_module_that_defines_a_name_and_not_to_the_one_that_hands_it_on() {
        let files = [
            ("lib.rs", "pub mod book;\npub mod units;\n"),
            ("units.rs", "/// Not `crate::book::Page`.\npub const fn one() -> u8 {\n}\npub const DAY: u8 = 1;\n"),
            ("book/mod.rs", "mod order;\nmod page;\npub use order::*;\npub use page::{Page, empty as none};\n"),
            (
                "book/order.rs",
                "use super::{Page, none};\nuse crate::{\n    units::{self, DAY},\n};\npub struct Order;\n",
            ),
            (
                "book/page.rs",
                "pub struct Page {\n    day: u8,\n}\npub(crate) fn empty() {\n    crate::units::one()\n}\n",
            ),
        ];
        assert_eq!(drawn(&files), ["book::order -> book::page", "book::order -> units", "book::page -> units"]);
        assert!(circles(&modules(&files).arrows()).is_empty());
        assert_eq!(modules(&files).count(), 5);
    }

    #[test]
    fn what_a_path_of_an_imported_module_names_is_followed() {
        let files = [
            ("lib.rs", "mod a;\nmod b;\nmod c;\n"),
            ("a.rs", "use crate::b;\nfn f() {\n    b::g(Some::<u8>::None, \"c::d\")\n}\n"),
            ("b.rs", "pub use crate::c::*;\n"),
            ("c.rs", "pub fn g() {}\n#[cfg(test)]\nmod tests {\n    use crate::a;\n}\n"),
        ];
        assert_eq!(drawn(&files), ["a -> b", "a -> c"]);
    }

    #[test]
    fn a_circle_is_found_through_a_face_and_over_three_modules() {
        let files = [
            ("lib.rs", "mod a;\nmod b;\nmod part;\n"),
            ("part/mod.rs", "mod store;\npub use store::keep;\nuse store::Kept;\npub fn now() {}\n"),
            ("part/store.rs", "use super::now;\npub struct Kept;\npub fn keep() {}\n"),
            ("a.rs", "use crate::b::two;\npub fn one() {}\n"),
            ("b.rs", "use crate::c::three;\npub fn two() {}\n"),
            ("c.rs", "macro_rules! m {\n    () => { $crate::a::one() };\n}\npub fn three() {}\n"),
        ];
        let found = circles(&modules(&files).arrows());
        assert_eq!(found, ["a -> b, b -> c, c -> a", "part -> part::store, part::store -> part"]);
    }
}
