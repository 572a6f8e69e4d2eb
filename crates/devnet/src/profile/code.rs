//! Which function an instruction belongs to, by the names that the linker has left in a blob.

use std::collections::HashMap;

use polkavm::{ProgramBlob, ProgramCounter, Reg, program::Instruction};

use super::ProfileError;

/// A name among all names of a profile.
pub(super) type Name = usize;

/// All names of functions, each once.
#[derive(Default)]
pub(super) struct Names {
    pub(super) all: Vec<String>,
    known: HashMap<String, Name>,
}

impl Names {
    fn of(&mut self, name: String) -> Name {
        *self.known.entry(name).or_insert_with_key(|name| {
            self.all.push(name.clone());
            self.all.len() - 1
        })
    }
}

/// What is known of the code of a contract.
pub(super) struct Code {
    /// For each byte of the code the function of the instruction there. `None` where nothing is known: the instruction
    /// belongs to whoever ran before it.
    functions: Vec<Option<Name>>,
    /// Where a call returns to, by where the call is.
    calls: HashMap<u32, u32>,
}

impl Code {
    /// Reads a blob with names of functions, which must have the code that ran.
    pub(super) fn read(contract: &str, ran: &[u8], symbols: &[u8], names: &mut Names) -> Result<Self, ProfileError> {
        let parse = |bytes: &[u8]| {
            ProgramBlob::parse(bytes.to_vec().into()).map_err(|error| ProfileError::Machine(error.to_string()))
        };
        let (ran, symbols) = (parse(ran)?, parse(symbols)?);
        if ran.code() != symbols.code() {
            return Err(ProfileError::OtherCode { contract: contract.to_owned() });
        }
        let mut code = Self { functions: vec![None; ran.code().len()], calls: HashMap::new() };
        for instruction in ran.instructions() {
            let at = instruction.offset;
            if let Instruction::load_imm_and_jump(register, value, _)
            | Instruction::load_imm_and_jump_indirect(register, _, value, _) = instruction.kind
                && register.get() == Reg::RA
                && let Some(back) = ran.jump_table().get_by_address(value)
            {
                code.calls.insert(at.0, back.0);
            }
            if let Some(place) = code.functions.get_mut(at.0 as usize) {
                *place = function(&symbols, at).map(|name| names.of(name));
            }
        }
        Ok(code)
    }

    /// The function of an instruction.
    pub(super) fn function(&self, at: u32) -> Option<Name> {
        self.functions.get(at as usize).copied().flatten()
    }

    /// Where the call at a place returns to, if there is a call.
    pub(super) fn returns_to(&self, at: u32) -> Option<u32> {
        self.calls.get(&at).copied()
    }
}

/// The function of an instruction: the innermost where the linker has put one into another.
fn function(symbols: &ProgramBlob, at: ProgramCounter) -> Option<String> {
    let frame = symbols.get_frame_info_for(at, None).last()?;
    let name = plain(&frame.full_name().ok()?.to_string());
    // What the compiler has taken out of several functions belongs to whoever runs it.
    Some(name).filter(|name| !name.is_empty() && !name.starts_with("OUTLINED_FUNCTION"))
}

/// A name as people write it, without the types that fill in a generic function's.
///
/// The linker cuts names of Rust's functions in two at a wrong place if it can read them, so the builder has hidden
/// them from it (`scripts/contracts/src/builder.rs`: `keep_mangled`).
fn plain(name: &str) -> String {
    match name.strip_prefix('.') {
        Some(mangled) => without_types(&format!("{:#}", rustc_demangle::demangle(&format!("_{mangled}")))),
        None => name.to_owned(),
    }
}

/// `module::function::<Type>` is `module::function`; `<Type as Trait>::function` stays.
fn without_types(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    let (mut depth, mut before) = (0_u32, ' ');
    for character in name.chars() {
        match character {
            '<' if depth > 0 || before == ':' || before.is_alphanumeric() || before == '_' => depth += 1,
            '>' if depth > 0 && before != '-' => depth -= 1,
            _ if depth == 0 => plain.push(character),
            _ => {}
        }
        if depth == 1 && character == '<' && before == ':' {
            plain.truncate(plain.trim_end_matches(':').len());
        }
        before = character;
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_without_the_hash_of_its_crate() {
        assert_eq!(plain(".RNvCskwGfYPst2Cb_3foo16example_function"), "foo::example_function");
        assert_eq!(plain("memcpy"), "memcpy");
    }

    #[test]
    fn a_name_loses_what_fills_in_types_and_keeps_whose_function_it_is() {
        for (name, plain) in [
            ("a::b::<c::D<e::F>>", "a::b"),
            ("<a::B<c::D>>::front", "<a::B>::front"),
            ("<a::B as c::D<e::F>>::g::<2>", "<a::B as c::D>::g"),
            ("a::b::<fn(u8) -> c::D>::{closure#0}", "a::b::{closure#0}"),
        ] {
            assert_eq!(without_types(name), plain);
        }
    }
}
