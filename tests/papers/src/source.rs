//! What a Rust source has, read line by line: the formatter puts every attribute and every function on a line of its
//! own.

/// A test function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Test {
    /// Its name.
    pub name: String,
    /// Whether it only runs when it is asked for.
    pub ignored: bool,
}

/// The tests of a source, those inside of macros among them.
#[must_use]
pub fn tests_of(source: &str) -> Vec<Test> {
    let (mut found, mut test, mut ignored) = (Vec::new(), false, false);
    for line in source.lines().map(str::trim) {
        if let Some(name) = function(line) {
            if test {
                found.push(Test { name, ignored });
            }
            (test, ignored) = (false, false);
        } else if line.starts_with("#[") {
            test |= line == "#[test]";
            ignored |= line.starts_with("#[ignore");
        } else if !line.starts_with("//") && !line.is_empty() {
            (test, ignored) = (false, false);
        }
    }
    found
}

/// The names of all functions of a source.
#[must_use]
pub fn functions_of(source: &str) -> Vec<String> {
    source.lines().map(str::trim).filter_map(function).collect()
}

fn function(line: &str) -> Option<String> {
    let mut words = line
        .split(' ')
        .skip_while(|word| ["pub", "const", "async", "unsafe"].contains(word) || word.starts_with("pub("));
    if words.next()? != "fn" {
        return None;
    }
    let name: String = words.next()?.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_has_the_attribute_is_a_test() {
        let source = "#[test]\n/// Why.\nfn one() {}\nfn helper() {}\nproptest! {\n    #[test]\n    #[ignore = \"long\"]\n    fn two(x in 0..1) {}\n}\n#[test]\nconst X: u8 = 1;\npub(crate) fn three() {}\n// #[test]\nfn four() {}\n";
        let tests = tests_of(source);
        assert_eq!(
            tests,
            [("one", false), ("two", true)].map(|(name, ignored)| Test { name: name.to_owned(), ignored })
        );
        assert_eq!(functions_of(source), ["one", "helper", "two", "three", "four"]);
    }
}
