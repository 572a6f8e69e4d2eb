//! What Polkadot Hub charges for the contract platform: measured there, and not what the pallet's own file says.
//!
//! Source: `weights/pallet_revive.rs` of `asset-hub-polkadot` in the `polkadot-fellows/runtimes` repository, release
//! 2.3.2 (measured on 2026-07-21). The runtime charges what the pallet's file says, unless it is told to charge as the
//! Hub ([`as_the_hub`]): a second opinion of what each message costs.

use frame_support::weights::{RuntimeDbWeight, Weight};
use pallet_revive::{WeightInfo, weights::SubstrateWeight};

use crate::Runtime;

/// Weights of the contract platform, by the pallet's file or by the Hub's.
pub struct Weights;

/// Picoseconds, bytes of proof, reads and writes of the database.
type Part = (u64, u64, u64, u64);

fn weight((time, proof, reads, writes): Part) -> Weight {
    let database: RuntimeDbWeight = <Runtime as frame_system::Config>::DbWeight::get();
    Weight::from_parts(time, proof).saturating_add(database.reads_writes(reads, writes))
}

/// Whether weights are the Hub's: on the host inside of [`as_the_hub`], and on a node always.
fn by_the_hub() -> bool {
    #[cfg(feature = "std")]
    return BY_THE_HUB.get();
    #[cfg(not(feature = "std"))]
    true
}

#[cfg(feature = "std")]
std::thread_local! {
    static BY_THE_HUB: core::cell::Cell<bool> = const { core::cell::Cell::new(false) };
}

/// Runs something with the Hub's own weights. On this thread, and it does not nest.
#[cfg(feature = "std")]
pub fn as_the_hub<R>(run: impl FnOnce() -> R) -> R {
    BY_THE_HUB.set(true);
    let result = run();
    BY_THE_HUB.set(false);
    result
}

/// A row: what it costs, then what each unit of its components costs beyond that.
macro_rules! weights {
    ($($name:ident = $time:literal, $proof:literal, $reads:literal, $writes:literal
        $([$part:ident: $t:literal, $p:literal, $r:literal, $w:literal])*;)+) => {
        impl WeightInfo for Weights {
            $(fn $name($($part: u32),*) -> Weight {
                if !by_the_hub() {
                    return SubstrateWeight::<Runtime>::$name($($part),*);
                }
                weight(($time, $proof, $reads, $writes))
                    $(.saturating_add(weight(($t, $p, $r, $w)).saturating_mul($part.into())))*
            })+
        }
    };
}

#[rustfmt::skip]
weights! {
    deletion_queue_batch = 3_304_000, 1_764, 1, 0;
    deletion_queue_per_entry = 19_323_000, 3_927, 2, 2;
    deletion_queue_per_trie_key = 17_202_592, 585, 2, 2 [k: 1_089_027, 70, 1, 1];
    deletion_queue_per_native_deposit_key = 9_680_092, 551, 2, 2 [k: 1_109_759, 53, 1, 1];
    call_with_pvm_code_per_byte = 143_804_261, 10_861, 8, 2 [c: 977, 1, 0, 0];
    call_with_evm_code_per_byte = 104_145_170, 10_798, 8, 2 [c: 868, 1, 0, 0];
    basic_block_compilation = 142_817_559, 14_236, 8, 2 [b: 1_423_640, 0, 0, 0];
    instantiate_with_code = 226_620_986, 13_017, 9, 6 [c: 14_416, 0, 0, 0] [i: 3_261, 0, 0, 0];
    eth_instantiate_with_code = 336_814_233, 16_618, 12, 11 [c: 11_342, 0, 0, 0] [i: 445, 0, 0, 0] [d: 6_344_702, 0, 0, 0];
    deposit_eth_extrinsic_revert_event = 2_772_000, 0, 0, 0;
    instantiate = 170_267_810, 11_599, 9, 4 [i: 3_305, 0, 0, 0];
    call = 106_630_000, 11_507, 8, 2;
    eth_call = 198_662_920, 11_916, 10, 6 [d: 459_479, 0, 0, 0];
    eth_substrate_call = 19_714_131, 3_767, 2, 2 [c: 5_083, 0, 0, 0];
    upload_code = 63_046_422, 6_196, 3, 3 [c: 11_055, 0, 0, 0];
    remove_code = 55_629_000, 6_358, 2, 3;
    set_code = 68_511_000, 9_102, 5, 6;
    map_account = 65_167_000, 7_412, 3, 2;
    unmap_account = 31_085_000, 5_258, 1, 2;
    batch_map_accounts = 10_087_000, 190_415, 1, 0 [a: 50_662_140, 3_414, 3, 2];
    dispatch_as_fallback_account = 12_634_000, 3_767, 1, 0;
    noop_host_fn = 9_819_264, 0, 0, 0 [r: 103_145, 0, 0, 0];
    seal_caller = 333_000, 0, 0, 0;
    seal_origin = 320_000, 0, 0, 0;
    to_account_id = 16_692_000, 5_660, 1, 0;
    seal_code_hash = 11_303_000, 4_004, 1, 0;
    own_code_hash = 10_370_000, 0, 0, 0;
    seal_code_size = 14_817_000, 4_073, 2, 0;
    caller_is_origin = 1_180_000, 0, 0, 0;
    caller_is_root = 1_130_000, 0, 0, 0;
    // The Hub of 2.3.2 does not have this one yet: as the one before.
    origin_is_root = 1_130_000, 0, 0, 0;
    seal_address = 288_000, 0, 0, 0;
    weight_left = 1_135_000, 0, 0, 0;
    seal_ref_time_left = 1_927_000, 0, 0, 0;
    seal_balance = 17_295_000, 0, 0, 0;
    seal_balance_of = 30_523_000, 7_025, 3, 0;
    seal_get_immutable_data = 8_796_422, 3_835, 1, 0 [n: 416, 1, 0, 0];
    seal_set_immutable_data = 2_036_961, 0, 0, 1 [n: 404, 0, 0, 0];
    seal_value_transferred = 240_000, 0, 0, 0;
    minimum_balance = 1_229_000, 0, 0, 0;
    seal_return_data_size = 232_000, 0, 0, 0;
    seal_call_data_size = 235_000, 0, 0, 0;
    seal_gas_limit = 231_000, 0, 0, 0;
    seal_gas_price = 932_000, 0, 0, 0;
    seal_base_fee = 991_000, 0, 0, 0;
    seal_block_number = 237_000, 0, 0, 0;
    seal_block_author = 24_501_000, 1_894, 2, 0;
    seal_block_hash = 8_276_000, 3_849, 1, 0;
    seal_now = 233_000, 0, 0, 0;
    seal_copy_to_contract = 578_643, 0, 0, 0 [n: 170, 0, 0, 0];
    seal_call_data_load = 238_000, 0, 0, 0;
    seal_call_data_copy = 183_636, 0, 0, 0 [n: 95, 0, 0, 0];
    seal_return = 401_734, 0, 0, 0 [n: 169, 0, 0, 0];
    seal_terminate = 32_833_110, 10_590, 2, 0 [_r: 0, 0, 0, 0];
    seal_terminate_logic = 264_686_000, 20_259, 9, 10;
    seal_deposit_event = 4_809_000, 0, 0, 0 [_t: 0, 0, 0, 0] [n: 920, 0, 0, 0];
    get_storage_empty = 10_315_000, 653, 1, 0;
    get_storage_full = 40_228_000, 10_663, 1, 0;
    set_storage_empty = 11_197_000, 653, 1, 1;
    set_storage_full = 41_415_000, 10_663, 1, 1;
    seal_set_storage = 11_893_251, 252, 1, 1 [n: 644, 0, 0, 0] [o: 723, 1, 0, 0];
    clear_storage = 14_210_576, 381, 1, 1 [_n: 0, 0, 0, 0];
    seal_get_storage = 11_587_044, 252, 1, 0 [n: 1_486, 1, 0, 0];
    contains_storage = 2_981_731, 0, 0, 0 [_n: 0, 0, 0, 0];
    take_storage = 14_324_831, 381, 1, 1 [n: 106, 0, 0, 0];
    set_transient_storage_empty = 1_540_000, 0, 0, 0;
    set_transient_storage_full = 2_045_000, 0, 0, 0;
    get_transient_storage_empty = 1_461_000, 0, 0, 0;
    get_transient_storage_full = 1_681_000, 0, 0, 0;
    rollback_transient_storage = 1_224_000, 0, 0, 0;
    seal_set_transient_storage = 2_391_794, 0, 0, 0 [n: 272, 0, 0, 0] [o: 247, 0, 0, 0];
    seal_clear_transient_storage = 3_584_914, 0, 0, 0 [_n: 0, 0, 0, 0];
    seal_get_transient_storage = 1_965_239, 0, 0, 0 [n: 277, 0, 0, 0];
    seal_contains_transient_storage = 3_098_781, 0, 0, 0 [_n: 0, 0, 0, 0];
    seal_take_transient_storage = 3_822_032, 0, 0, 0 [_n: 0, 0, 0, 0];
    seal_call = 84_575_168, 9_023, 5, 1 [t: 16_499_178, 0, 0, 1] [d: 22_238_441, 0, 0, 0] [i: 2, 0, 0, 0];
    seal_call_precompile = 15_447_965, 2_692, 0, 0 [d: 15_751_675, 2_692, 2, 1] [i: 266, 0, 0, 0];
    seal_delegate_call = 35_151_000, 4_796, 3, 0;
    seal_instantiate = 104_384_424, 7_218, 5, 3 [t: 14_291_787, 0, 0, 0] [d: 21_209_689, 0, 0, 0] [i: 3_248, 0, 0, 0];
    evm_instantiate = 229_878_520, 11_336, 6, 6 [t: 10_817_062, 9, 0, 0] [d: 17_515_352, 9, 0, 0] [i: 4_950, 0, 0, 0];
    sha2_256 = 6_138_769, 0, 0, 0 [n: 1_031, 0, 0, 0];
    identity = 964_692, 0, 0, 0 [n: 93, 0, 0, 0];
    ripemd_160 = 78_477_744, 0, 0, 0 [n: 3_083, 0, 0, 0];
    seal_hash_keccak_256 = 1_778_812, 0, 0, 0 [n: 3_017, 0, 0, 0];
    hash_blake2_256 = 6_230_309, 0, 0, 0 [n: 1_352, 0, 0, 0];
    hash_blake2_128 = 5_692_293, 0, 0, 0 [n: 1_355, 0, 0, 0];
    seal_sr25519_verify = 105_071_136, 0, 0, 0 [n: 2_576, 0, 0, 0];
    ecdsa_recover = 31_727_000, 0, 0, 0;
    p256_verify = 1_105_426_000, 0, 0, 0;
    bn128_add = 11_719_000, 0, 0, 0;
    bn128_mul = 620_257_000, 0, 0, 0;
    bn128_pairing = 3_049_846_029, 0, 0, 0 [n: 3_710_121_303, 0, 0, 0];
    blake2f = 881_338, 0, 0, 0 [n: 18_095, 0, 0, 0];
    seal_ecdsa_to_eth_address = 10_089_000, 0, 0, 0;
    evm_opcode = 676_765, 0, 0, 0 [r: 5_096, 0, 0, 0];
    instr = 20_949_693, 0, 0, 0 [r: 49_401, 0, 0, 0];
    instr_empty_loop = 2_777_616, 0, 0, 0 [r: 25_014, 0, 0, 0];
    extcodecopy = 12_423_655, 4_058, 1, 0 [n: 549, 1, 0, 0];
    v1_migration_step = 11_403_000, 6_388, 2, 2;
    v2_migration_step = 59_627_000, 6_506, 5, 4;
    v3_migration_step = 77_890_000, 6_196, 4, 3;
    v4_code_upload_step = 14_106_000, 6_134, 3, 1;
    v4_contract_step = 26_196_000, 6_434, 4, 0;
    v4_deletion_queue_step = 9_347_000, 6_288, 2, 1;
    on_finalize_per_transaction = 40_457_574, 6_263, 4, 5 [n: 344_816, 104, 0, 0];
    on_finalize_per_transaction_data = 45_199_065, 6_996, 4, 5 [d: 8_077, 3, 0, 0];
    on_finalize_per_event = 36_577_244, 5_647, 5, 5 [_e: 0, 0, 0, 0];
    on_finalize_per_event_data = 36_464_650, 5_647, 5, 5 [d: 7, 0, 0, 0];
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;

    #[test]
    fn the_hub_charges_more_proof_for_code_and_less_time_for_hashes() {
        let code = |bytes| Weights::call_with_pvm_code_per_byte(bytes);
        let hash = || Weights::seal_hash_keccak_256(416);
        let (ours, cheap) = ((code(90_000), hash()), as_the_hub(|| (code(90_000), hash())));
        assert_eq!(ours.0.proof_size(), 97_204);
        assert_eq!(cheap.0.proof_size(), 100_861);
        assert!(cheap.1.ref_time() < ours.1.ref_time() / 3, "{:?} {:?}", cheap.1, ours.1);
        assert_eq!(code(1), SubstrateWeight::<Runtime>::call_with_pvm_code_per_byte(1), "it is off again");
    }
}
