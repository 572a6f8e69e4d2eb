//! Which function an instruction belongs to, by the line information of a blob.

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
    /// For each byte of the code the functions of the instruction there, outermost first: the compiler has put the inner
    /// ones into the outer ones. `None` where nothing is known: the instruction belongs to whoever ran before it.
    functions: Vec<Option<usize>>,
    stacks: Vec<Vec<Name>>,
    /// Where a call returns to, by where the call is.
    calls: HashMap<u32, u32>,
}

impl Code {
    /// Reads a blob with line information.
    pub(super) fn read(lines: &[u8], names: &mut Names) -> Result<Self, ProfileError> {
        let lines =
            ProgramBlob::parse(lines.to_vec().into()).map_err(|error| ProfileError::Machine(error.to_string()))?;
        let mut code = Self { functions: vec![None; lines.code().len()], stacks: Vec::new(), calls: HashMap::new() };
        let mut known: HashMap<Vec<Name>, usize> = HashMap::new();
        for instruction in lines.instructions() {
            let at = instruction.offset;
            if let Instruction::load_imm_and_jump(register, value, _)
            | Instruction::load_imm_and_jump_indirect(register, _, value, _) = instruction.kind
                && register.get() == Reg::RA
                && let Some(back) = lines.jump_table().get_by_address(value)
            {
                code.calls.insert(at.0, back.0);
            }
            let stack = stack(&lines, at, names);
            if let (false, Some(place)) = (stack.is_empty(), code.functions.get_mut(at.0 as usize)) {
                let next = code.stacks.len();
                let number = *known.entry(stack).or_insert_with_key(|stack| {
                    code.stacks.push(stack.clone());
                    next
                });
                *place = Some(number);
            }
        }
        Ok(code)
    }

    /// The functions of an instruction, as a number for [`Code::stack`].
    pub(super) fn functions(&self, at: u32) -> Option<usize> {
        self.functions.get(at as usize).copied().flatten()
    }

    pub(super) fn stack(&self, number: usize) -> &[Name] {
        self.stacks.get(number).map_or(&[], Vec::as_slice)
    }

    /// All of them.
    pub(super) fn stacks(&self) -> &[Vec<Name>] {
        &self.stacks
    }

    /// Where the call at a place returns to, if there is a call.
    pub(super) fn returns_to(&self, at: u32) -> Option<u32> {
        self.calls.get(&at).copied()
    }
}

/// The functions of an instruction, outermost first.
fn stack(lines: &ProgramBlob, at: ProgramCounter, names: &mut Names) -> Vec<Name> {
    let mut stack: Vec<Name> = Vec::new();
    for frame in lines.get_frame_info_for(at, None) {
        let Ok(name) = frame.full_name().map(|name| plain(&name.to_string())) else { continue };
        // Code that the compiler has outlined belongs to whoever runs it.
        if name.is_empty() || name.starts_with("OUTLINED_FUNCTION") {
            continue;
        }
        let name = names.of(name);
        if stack.last() != Some(&name) {
            stack.push(name);
        }
    }
    stack
}

/// A name without what the compiler filled in for types.
fn plain(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    let mut depth = 0_u32;
    for (position, character) in name.char_indices() {
        match character {
            // `<T as Trait>::function` keeps its brackets.
            '<' if position > 0 && depth == 0 && name[..position].ends_with("::") => depth += 1,
            '<' if depth > 0 || position > 0 => depth += 1,
            '>' if depth > 0 => depth -= 1,
            _ if depth == 0 => plain.push(character),
            _ => {}
        }
    }
    plain.replace("::::", "::").trim_end_matches("::").to_owned()
}
