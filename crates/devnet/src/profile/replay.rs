//! Runs a frame again in PolkaVM, instruction by instruction, with the answers that it was given the first time.

use polkavm::{BackendKind, Config, Engine, GasMeteringKind, InterruptKind, Module, ModuleConfig, RawInstance, Reg};

use super::{
    ProfileError,
    recording::{Asked, Frame},
};

/// Bytes of a page of memory, as the pallet has them.
const PAGE: u32 = 4_096;
/// More gas than any message has.
const GAS: i64 = 1 << 56;
/// The pointer that says that an output is not wanted.
const NOT_WANTED: u32 = u32::MAX;

/// An instruction that is about to run.
pub(super) struct Step<'a> {
    /// Where it is in the code, in bytes.
    pub(super) at: u32,
    pub(super) instance: &'a RawInstance,
}

/// Runs a frame and returns the instructions that it paid for. Every instruction is shown to `see` before it runs.
pub(super) fn run(
    frame: &Frame,
    code: &[u8],
    now: u64,
    price: u64,
    mut see: impl FnMut(&Step<'_>),
) -> Result<u64, ProfileError> {
    let refused = |error: &dyn std::fmt::Display| ProfileError::Machine(error.to_string());
    let mut config = Config::new();
    config.set_backend(Some(BackendKind::Interpreter));
    config.set_imperfect_logger_filtering_workaround(true);
    let engine = Engine::new(&config).map_err(|error| refused(&error))?;
    let mut modules = ModuleConfig::new();
    modules.set_page_size(PAGE).set_gas_metering(Some(GasMeteringKind::Sync)).set_step_tracing(true);
    let module = Module::new(&engine, &modules, code.to_vec().into()).map_err(|error| refused(&error))?;
    let entry = module
        .exports()
        .find(|export| export.symbol().as_bytes() == b"call")
        .ok_or_else(|| ProfileError::Machine("the code has no entry for calls".to_owned()))?
        .program_counter();
    let mut instance = module.instantiate().map_err(|error| refused(&error))?;
    instance.set_gas(GAS);
    instance.prepare_call_untyped(entry, &[]);

    let mut host = Host { frame, now, asked: frame.asked.iter() };
    let mut stretches = frame.stretches.iter();
    let (mut left, mut paid) = (GAS, 0);
    loop {
        let interrupt = instance.run().map_err(|error| refused(&error))?;
        let function = match interrupt {
            InterruptKind::Step => {
                if let Some(at) = instance.program_counter() {
                    see(&Step { at: at.0, instance: &instance });
                }
                continue;
            }
            InterruptKind::Ecalli(number) => {
                let known = module.imports().get(number);
                Some(known.ok_or_else(|| ProfileError::Machine("the code imports nothing of that number".to_owned()))?)
            }
            InterruptKind::Finished | InterruptKind::Trap => None,
            other => return Err(ProfileError::Machine(format!("it ended with {other:?}"))),
        };
        // Each stretch must have cost what it cost on the chain, or this is another execution.
        let now_left = instance.gas();
        let used = u64::try_from(left - now_left).unwrap_or_default();
        let metered = stretches.next().copied().unwrap_or_default() / price;
        if used != metered {
            return Err(ProfileError::Another { used, metered });
        }
        (left, paid) = (now_left, paid + used);
        let Some(function) = function else { break };
        let name = String::from_utf8_lossy(function.as_bytes()).into_owned();
        if host.answer(&name, &mut instance)?.ends {
            break;
        }
    }
    Ok(paid)
}

/// Whether a frame ends with what it asked.
struct Answered {
    ends: bool,
}

/// The host of one frame: what the chain answered, in order.
struct Host<'a> {
    frame: &'a Frame,
    now: u64,
    asked: std::slice::Iter<'a, Asked>,
}

impl Host<'_> {
    /// Does for the instance what a function of the host did for it on the chain.
    fn answer(&mut self, name: &str, instance: &mut RawInstance) -> Result<Answered, ProfileError> {
        let asked = self
            .asked
            .next()
            .filter(|asked| asked.function == name)
            .ok_or_else(|| ProfileError::Machine(format!("it called {name}, which it did not on the chain")))?;
        // Pointers and lengths are the lower half of a register, except where two share one.
        let registers = Reg::ARG_REGS.map(|register| instance.reg(register));
        let [a0, a1, a2, a3, a4, ..] = registers.map(|value| value as u32);
        let mut memory = Memory(instance);
        match name {
            "address" => memory.write(a0, &self.frame.address)?,
            "caller" => memory.write(a0, &self.frame.caller)?,
            "value_transferred" => memory.write(a0, &self.frame.value)?,
            "now" => {
                let mut time = [0; 32];
                time[..8].copy_from_slice(&self.now.to_le_bytes());
                memory.write(a0, &time)?;
            }
            "call_data_copy" => {
                let rest = self.frame.input.get(a2 as usize..).unwrap_or_default();
                let mut data = vec![0; a1 as usize];
                let length = rest.len().min(data.len());
                data[..length].copy_from_slice(&rest[..length]);
                memory.write(a0, &data)?;
            }
            "get_storage" => {
                if let Some(value) = &asked.learned {
                    memory.write_some(a3, a4, value)?;
                }
            }
            "call" | "delegate_call" => {
                let (length, pointer) = ((registers[5] >> 32) as u32, registers[5] as u32);
                match (&asked.learned, asked.returned) {
                    // It ended with what it called, or was stopped.
                    (_, None) => {}
                    (Some(output), _) => memory.write_some(pointer, length, output)?,
                    (None, _) => memory.write(length, &0_u32.to_le_bytes())?,
                }
            }
            "hash_keccak_256" => {
                let hash = sp_core::hashing::keccak_256(&memory.read(a0, a1)?);
                memory.write(a2, &hash)?;
            }
            // They change the chain, and nothing in memory.
            "set_storage" | "deposit_event" | "seal_return" => {}
            other => return Err(ProfileError::Host(other.to_owned())),
        }
        if let Some(returned) = asked.returned {
            instance.set_reg(Reg::ARG_REGS[0], returned);
        }
        let returns = matches!(name, "get_storage" | "set_storage" | "call" | "delegate_call");
        Ok(Answered { ends: name == "seal_return" || (returns && asked.returned.is_none()) })
    }
}

/// Memory of an instance.
struct Memory<'a>(&'a mut RawInstance);

impl Memory<'_> {
    fn write(&mut self, pointer: u32, data: &[u8]) -> Result<(), ProfileError> {
        self.0.write_memory(pointer, data).map_err(|error| ProfileError::Machine(error.to_string()))
    }

    fn read(&mut self, pointer: u32, length: u32) -> Result<Vec<u8>, ProfileError> {
        self.0.read_memory(pointer, length).map_err(|error| ProfileError::Machine(error.to_string()))
    }

    /// Writes as much as fits into a buffer whose length is in memory too, and how much that was.
    fn write_some(&mut self, pointer: u32, length: u32, data: &[u8]) -> Result<(), ProfileError> {
        if pointer == NOT_WANTED {
            return Ok(());
        }
        let room = self.read(length, 4)?.try_into().map_or(0, u32::from_le_bytes) as usize;
        let data = &data[..data.len().min(room)];
        self.write(pointer, data)?;
        self.write(length, &u32::try_from(data.len()).unwrap_or_default().to_le_bytes())
    }
}
