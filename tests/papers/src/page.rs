//! A document in Markdown.

use std::collections::{BTreeMap, BTreeSet};

/// A piece of a page and the line, from one, on which it begins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Span {
    /// Line, from one.
    pub line: usize,
    /// Text; line breaks within it are spaces.
    pub text: String,
}

/// A document, split into what is prose and what is a fenced block.
pub struct Page {
    /// Path from the root of the repository.
    pub path: String,
    /// The page with every line of a fenced block blank.
    prose: String,
    fences: Vec<(usize, String, Vec<String>)>,
}

impl Page {
    /// Splits a page.
    ///
    /// # Panics
    /// When a fenced block is not closed.
    #[must_use]
    pub fn new(path: &str, text: &str) -> Self {
        let (mut prose, mut fences) = (String::new(), Vec::new());
        let mut open: Option<(usize, String, Vec<String>)> = None;
        for (number, line) in (1..).zip(text.lines()) {
            let mark = line.trim_start().strip_prefix("```");
            match (open.take(), mark) {
                (None, Some(info)) => open = Some((number, info.trim().to_owned(), Vec::new())),
                (None, None) => prose.push_str(line),
                (Some(fence), Some(_)) => fences.push(fence),
                (Some(mut fence), None) => {
                    fence.2.push(line.to_owned());
                    open = Some(fence);
                }
            }
            prose.push('\n');
        }
        assert!(open.is_none(), "{path}: a fenced block is not closed");
        Self { path: path.to_owned(), prose, fences }
    }

    /// The prose: everything but fenced blocks, whose lines are blank.
    #[must_use]
    pub fn prose(&self) -> &str {
        &self.prose
    }

    /// Lines of fenced blocks whose language is one of these (empty for none given).
    pub fn fenced<'a>(&'a self, languages: &'a [&str]) -> impl Iterator<Item = Span> + 'a {
        self.fences.iter().filter(|(_, info, _)| languages.contains(&info.as_str())).flat_map(|(begin, _, lines)| {
            (begin + 1..).zip(lines).map(|(line, text)| Span { line, text: text.clone() })
        })
    }

    /// Headings with their level.
    pub fn headings(&self) -> impl Iterator<Item = (usize, Span)> + '_ {
        (1..).zip(self.prose.lines()).filter_map(|(line, text)| {
            let level = text.bytes().take_while(|byte| *byte == b'#').count();
            let title = text.get(level..)?.strip_prefix(' ')?;
            (level > 0).then(|| (level, Span { line, text: title.trim().to_owned() }))
        })
    }

    /// The anchors of its headings. The second heading of one name gets a number, and so on.
    #[must_use]
    pub fn anchors(&self) -> BTreeSet<String> {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        self.headings()
            .map(|(_, heading)| {
                let anchor = anchor_of(&heading.text);
                let before = seen.entry(anchor.clone()).or_default();
                *before += 1;
                if *before == 1 { anchor } else { format!("{anchor}-{}", *before - 1) }
            })
            .collect()
    }

    /// What stands between backticks in prose, and where each ends in [`Page::prose`].
    ///
    /// # Panics
    /// When a backtick has no partner in its paragraph.
    #[must_use]
    pub fn code(&self) -> Vec<(Span, std::ops::Range<usize>)> {
        let (mut found, mut rest, mut at) = (Vec::new(), self.prose.as_str(), 0);
        while let Some(begin) = rest.find('`') {
            let ticks = rest[begin..].bytes().take_while(|byte| *byte == b'`').count();
            let inner = begin + ticks;
            let line = 1 + self.prose[..at + begin].matches('\n').count();
            let mark = "`".repeat(ticks);
            let length =
                rest[inner..].find(&mark).unwrap_or_else(|| panic!("{}:{line}: a backtick is alone", self.path));
            let text = &rest[inner..inner + length];
            assert!(!text.contains("\n\n"), "{}:{line}: a backtick is alone in its paragraph", self.path);
            let end = inner + length + ticks;
            found.push((Span { line, text: text.replace('\n', " ") }, at + begin..at + end));
            rest = &rest[end..];
            at += end;
        }
        found
    }

    /// Targets of links and pictures in prose.
    #[must_use]
    pub fn links(&self) -> Vec<Span> {
        let mut prose = self.prose.clone();
        for (_, range) in self.code() {
            let blank: String = self.prose[range.clone()].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
            // As many bytes as before: what was wider than a byte becomes as many spaces.
            let width = range.len() - blank.len();
            prose.replace_range(range, &(blank + &" ".repeat(width)));
        }
        let mut found = Vec::new();
        for (at, _) in prose.match_indices("](") {
            let line = 1 + prose[..at].matches('\n').count();
            let target = prose[at + 2..].split(')').next().unwrap_or_default();
            found.push(Span { line, text: target.to_owned() });
        }
        found
    }
}

/// The anchor that mdBook gives a heading: lower case, blanks as hyphens, and of the rest letters, digits, hyphens and
/// underscores.
#[must_use]
pub fn anchor_of(heading: &str) -> String {
    heading
        .trim()
        .chars()
        .filter_map(|c| match c {
            _ if c.is_alphanumeric() || c == '-' || c == '_' => Some(c.to_lowercase().next().unwrap_or(c)),
            _ if c.is_whitespace() => Some('-'),
            _ => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# One `two`\n\nSee [`place`](a.md#b) and ![x](y.png), not `[no](c.md)`.\n\n```sh\ncargo test\n```\n\n\
                        ## Twice\n\n## Twice\n\nA `span\nover lines`.\n";

    #[test]
    fn a_page_falls_into_headings_links_code_and_blocks() {
        let page = Page::new("page.md", TEXT);
        assert_eq!(page.anchors().into_iter().collect::<Vec<_>>(), ["one-two", "twice", "twice-1"]);
        let links: Vec<(usize, String)> = page.links().into_iter().map(|link| (link.line, link.text)).collect();
        assert_eq!(links, [(3, "a.md#b".to_owned()), (3, "y.png".to_owned())]);
        let code: Vec<String> = page.code().into_iter().map(|(span, _)| span.text).collect();
        assert_eq!(code, ["two", "place", "[no](c.md)", "span over lines"]);
        assert_eq!(page.fenced(&["sh"]).collect::<Vec<_>>(), [Span { line: 6, text: "cargo test".to_owned() }]);
    }

    #[test]
    fn anchors_are_those_of_the_built_book() {
        for (heading, anchor) in [
            (
                "81. Cuts in a maker's quotes wait in the instrument's cell",
                "81-cuts-in-a-makers-quotes-wait-in-the-instruments-cell",
            ),
            ("3. Build outputs in SIT_CACHE", "3-build-outputs-in-sit_cache"),
            (
                "4. A committed lock file, and alloy-trie held at 0.9.8",
                "4-a-committed-lock-file-and-alloy-trie-held-at-098",
            ),
            ("What the model can not do", "what-the-model-can-not-do"),
        ] {
            assert_eq!(anchor_of(heading), anchor);
        }
    }
}
